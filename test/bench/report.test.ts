import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { goals } from "../../bench/report/goals.ts";
import { plotsOf } from "../../bench/report/plots.ts";
import { type FigureResult, mergeFigures } from "../../bench/report/results.ts";
import { decadeTicks, niceTicks, themes } from "../../bench/report/svg.ts";
import { goalsTable, markdownTable, notMeasured, peersTable } from "../../bench/report/tables.ts";
import { fillPage } from "../../bench/report/write-report.ts";

const load = { figure: "load_vs_bare", model: "base", dtype: "int8", protocol: "http" };

suite("mergeFigures()", () => {
  test("replaces an older measurement of the same thing and keeps the others", () => {
    const older = [
      { ...load, ratio: 0.5 },
      { ...load, dtype: "fp32", ratio: 0.6 },
    ];
    assert.deepEqual(mergeFigures<FigureResult>(older, [{ ...load, ratio: 0.9 }]), [
      { ...load, ratio: 0.9 },
      { ...load, dtype: "fp32", ratio: 0.6 },
    ]);
  });
});

suite("goals()", () => {
  test("says whether a goal was reached, and nothing where there is none", () => {
    const figures: FigureResult[] = [
      { ...load, ratio: 0.96 },
      { figure: "mixed", model: "base", dtype: "int8", ratio: 3.2 },
      { figure: "vs_infinity", model: "base", dtype: "fp32", ratio: 2 },
    ];
    assert.deepEqual(
      goals(figures).map(({ figure, reached }) => [figure, reached]),
      [
        ["load_vs_bare", "yes"],
        ["vs_infinity", ""],
        ["mixed", "no"],
      ],
    );
  });

  test("does not take what was not measured for reached", () => {
    const overload = { figure: "overload", model: "base", ratio: null, refused_max_ms: null };
    assert.ok(goals([overload]).every(({ reached }) => reached === "no"));
  });

  test("holds the start-up goal against the bundled model only", () => {
    const ready = { figure: "ready_ms", dtype: "int8", ready_ms: 1500 };
    const figures = ["bundled", "base"].map((model) => ({ ...ready, model }));
    assert.deepEqual(
      goals(figures).map(({ model, reached }) => [model, reached]),
      [
        ["bundled", "no"],
        ["base", ""],
      ],
    );
  });
});

suite("goals() of vs_peers", () => {
  const row = { figure: "vs_peers", model: "base", dtype: "fp32", best_at_load: "TEI candle fp32" };
  const reachedOf = (ratios: Record<string, number>) =>
    goals([{ ...row, ...ratios }]).map(({ measured, goal, reached }) => [measured, goal, reached]);

  test("asks for twice the best server's load and large request, and 1.2 times its short one", () => {
    assert.deepEqual(reachedOf({ load_ratio: 2, short_ratio: 1.2, large_ratio: 2.5 }), [
      [2, "≥ 2", "yes"],
      [1.2, "≥ 1.2", "yes"],
      [2.5, "≥ 2", "yes"],
    ]);
  });

  test("says no where one is missed", () => {
    const reached = reachedOf({ load_ratio: 1.99, short_ratio: 1.19, large_ratio: 1.5 });
    assert.deepEqual(
      reached.map(([, , last]) => last),
      ["no", "no", "no"],
    );
  });
});

suite("peersTable()", () => {
  const row = {
    figure: "peers",
    model: "base",
    dtype: "fp32",
    contender: "llama.cpp f32",
    documents_per_second: 2,
    min_documents_per_second: 1.8,
    max_documents_per_second: 2.2,
    short_ms: 900,
    min_short_ms: 850,
    max_short_ms: 950,
    large_s: 50,
    min_large_s: 49,
    max_large_s: 51,
    max_difference: 0.4,
    max_difference_of_fp32: 0.4,
    left_out: null,
  };
  const out = {
    figure: "peers",
    model: "base",
    dtype: "int8",
    contender: "TEI",
    left_out: "not built",
  };

  test("has the slowest and the fastest round, and the difference of scores", () => {
    const faster = { ...row, contender: "rerankd fp32", documents_per_second: 4 };
    const int8 = { ...row, dtype: "int8", contender: "rerankd int8", documents_per_second: 3 };
    const [heading, , ...lines] = peersTable([row, int8, faster]).split("\n");
    assert.match(heading ?? "", /documents\/s .* largest difference of a logit/);
    assert.deepEqual(
      lines.map((line) => line.split(" | ")[0]),
      ["| rerankd fp32", "| llama.cpp f32", "| rerankd int8"],
    );
    assert.ok(lines[1]?.includes("| 2 | 1.8 to 2.2 | 900 | 850 to 950 | 50 | 49 to 51 | 0.4 |"));
  });

  test("names each contender that was left out, with the reason, and no row for it", () => {
    const table = peersTable([row, out]);
    assert.ok(table.endsWith("\n\nLeft out:\n\n- TEI, base: not built"));
    assert.doesNotMatch(table, /\| TEI/);
  });

  test("drops the reason once the contender was measured", () => {
    const measured = { ...row, contender: "TEI", dtype: "int8" };
    assert.doesNotMatch(peersTable(mergeFigures<FigureResult>([out], [measured])), /Left out/);
  });

  test("says so where nothing was measured", () => {
    assert.equal(peersTable([]), notMeasured);
  });
});

suite("fillPage()", () => {
  const page = "# A\n<!-- one:start -->\nold\n<!-- one:end -->\nrest\n";

  test("writes between the markers, and again without a trace of the last time", () => {
    const once = fillPage(page, { one: "new" });
    assert.equal(once, "# A\n<!-- one:start -->\nnew\n<!-- one:end -->\nrest\n");
    assert.equal(fillPage(once, { one: "new" }), once);
  });

  test("leaves out what the page has no place for", () => {
    assert.equal(fillPage(page, { two: "new" }), page);
  });

  test("throws if a marker is not closed", () => {
    assert.throws(() => fillPage("<!-- one:start -->", { one: "new" }), /missing/);
  });
});

suite("markdownTable()", () => {
  test("says so where nothing was measured", () => {
    assert.equal(goalsTable([]), notMeasured);
  });

  test("puts numbers to the right and a dash where there is no value", () => {
    const rows: FigureResult[] = [
      { figure: "a", model: "base", value: 1234.5678 },
      { figure: "b", model: "base" },
    ];
    const columns = [
      ["name", ({ figure }: FigureResult) => figure],
      ["value, ms", ({ value }: FigureResult) => value],
    ] as const;
    assert.equal(
      markdownTable(rows, columns),
      ["| name | value, ms |", "| --- | ---: |", "| a | 1,234.57 |", "| b | – |"].join("\n"),
    );
  });
});

suite("plotsOf()", () => {
  const point = { figure: "scaling", model: "base", dtype: "int8", documents: 10 };
  const figures: FigureResult[] = [
    {
      figure: "contest",
      model: "base",
      dtype: "fp32",
      contender: "guide's <script>",
      documents_per_second: 10,
      min_documents_per_second: 9,
      max_documents_per_second: 11,
    },
    ...[1, 2, 4].map((clients) => ({
      ...point,
      load: "clients",
      clients,
      point: String(clients),
      documents_per_second: 50 * clients,
      p50_ms: 10 * clients,
      p95_ms: 12 * clients,
    })),
  ];

  test("draws what was measured, with units on both axes, in both themes", () => {
    const plots = plotsOf(figures);
    assert.deepEqual(
      plots.map(({ name }) => name),
      ["contest", "clients", "clients-latency"],
    );
    for (const theme of themes) {
      for (const plot of plots) {
        const svg = plot.draw(theme);
        assert.match(svg, /^<svg .*<\/svg>\n$/s);
        assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
        assert.ok(svg.includes(theme.text));
      }
    }
    const [contest, clients] = plots.map(({ draw }) => draw(themes[0] ?? assert.fail()));
    assert.match(contest ?? "", /documents\/s at 8 clients/);
    assert.match(contest ?? "", /guide's &lt;script&gt;/);
    assert.match(clients ?? "", /clients, each waiting.*documents\/s/s);
  });

  test("draws nothing without results", () => {
    assert.deepEqual(plotsOf([]), []);
  });
});

suite("niceTicks()", () => {
  test("covers the largest value in round steps from 0", () => {
    assert.deepEqual(niceTicks(97), [0, 20, 40, 60, 80, 100]);
    assert.deepEqual(niceTicks(0.9), [0, 0.2, 0.4, 0.6, 0.8, 1]);
    assert.deepEqual(niceTicks(0), [0, 1]);
  });
});

suite("decadeTicks()", () => {
  test("encloses the values in powers of ten", () => {
    assert.deepEqual(decadeTicks([15, 900]), [10, 100, 1000]);
    assert.deepEqual(decadeTicks([100]), [100, 1000]);
  });
});
