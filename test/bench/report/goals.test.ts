import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { goals } from "../../../bench/report/goals.ts";
import type { FigureResult } from "../../../bench/report/results.ts";

const load = { figure: "load_vs_bare", model: "base", dtype: "int8", protocol: "http" };

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
