import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { contestPlots, type Plot, scalingPlots } from "../../../bench/report/plots.ts";
import type { FigureResult } from "../../../bench/report/results.ts";
import { themes } from "../../../bench/report/svg.ts";

const contest: FigureResult = {
  figure: "contest",
  model: "base",
  dtype: "fp32",
  contender: "guide's <script>",
  documents_per_second: 10,
  min_documents_per_second: 9,
  max_documents_per_second: 11,
};

function pointsOf(load: string): FigureResult[] {
  return [1, 2, 4].map((count) => ({
    figure: "scaling",
    model: "base",
    dtype: "int8",
    load,
    point: String(count),
    documents_per_second: 50 * count,
    p50_ms: 10 * count,
    p95_ms: 12 * count,
  }));
}

const draw = (plot: Plot | undefined) =>
  themes.map((theme) => (plot ?? assert.fail("there is no plot")).draw(theme));

suite("plots", () => {
  test("are drawn of what was measured, in both themes", () => {
    const plots = [
      ...contestPlots([contest]),
      ...["clients", "documents", "arrivals"].flatMap((load) => scalingPlots(pointsOf(load), load)),
    ];
    assert.deepEqual(
      plots.map(({ name }) => name),
      ["contest", "clients", "clients-latency", "documents", "arrivals"],
    );
    for (const plot of plots) {
      for (const [index, svg] of draw(plot).entries()) {
        assert.match(svg, /^<svg .*<\/svg>\n$/s);
        assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
        assert.ok(svg.includes(themes[index]?.text ?? assert.fail()));
      }
    }
  });

  test("have units on both axes, the model in the title, and escape names", () => {
    const [bars] = draw(contestPlots([contest])[0]);
    const [clients] = draw(scalingPlots(pointsOf("clients"), "clients")[0]);
    assert.match(bars ?? "", /documents\/s at 8 clients/);
    assert.match(bars ?? "", /guide's &lt;script&gt;/);
    assert.match(clients ?? "", /\(base model, int8\).*clients, each waiting.*documents\/s/s);
  });

  test("are none without results", () => {
    assert.deepEqual([...contestPlots([]), ...scalingPlots([], "clients")], []);
  });
});
