import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseHTML } from "linkedom";
import { barChart, differenceChart, histogram } from "../../src/reports/charts.ts";

function parse(svg: string) {
  const { document } = parseHTML(`<html><body>${svg}</body></html>`);
  const widths = [...document.querySelectorAll("[aria-label=bar] rect")].map((rect) =>
    Number(rect.getAttribute("width")),
  );
  return { document, widths, svg: document.querySelector("svg") };
}

suite("the charts of reports", () => {
  test("draw bars as long as their values, with intervals and what each is", () => {
    const { document, widths, svg } = parse(
      barChart(
        [
          { group: "x", series: "a", value: 0.25, low: 0.2, high: 0.3 },
          { group: "x", series: "b", value: 0.5 },
        ],
        ["a", "b"],
        { description: "two <bars>", axis: "nDCG@10", domain: [0, 1] },
      ),
    );

    assert.equal(widths.length, 2);
    assert(Math.abs((widths[1] ?? 0) / (widths[0] ?? 1) - 2) < 0.02, String(widths));
    assert.equal(svg?.getAttribute("aria-label"), "two <bars>");
    assert.equal(svg?.getAttribute("role"), "img");
    assert.match(document.querySelector("title")?.textContent ?? "", /x, a: 0\.250 \(0\.200 to/);
    assert.equal(document.querySelectorAll("[aria-label=rule] line").length >= 1, true);
  });

  test("draw a difference with its interval around 0", () => {
    const { document } = parse(
      differenceChart([{ label: "x", value: 0.1, low: -0.1, high: 0.3 }], {
        description: "d",
        axis: "difference",
      }),
    );

    assert.equal(document.querySelectorAll("[aria-label=dot] circle").length, 1);
  });

  test("count values in bins, also a single value and none", () => {
    for (const values of [[1, 1, 2, 9], [5], []]) {
      const svg = histogram(values, { description: "h", axis: "x", count: "n" });
      assert.match(svg, /^<svg/);
      assert.doesNotMatch(svg, /NaN/);
    }
  });

  test("escape labels", () => {
    const bars = [{ group: "<g>", series: "</svg><script>", value: 1 }];
    const svg = barChart(bars, ["</svg><script>"], { description: "d", axis: "a" });

    assert.doesNotMatch(svg, /<script|<g>/);
  });
});
