import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { compareRuns, type EvaluatedRun } from "../../src/evaluation/compare-runs.ts";

function runOf(name: string, lists: Readonly<Record<string, Readonly<Record<string, number>>>>) {
  return {
    name,
    lists: Object.entries(lists).map(([list, queries]) => ({
      name: list,
      queries: Object.entries(queries).map(([id, ndcg]) => {
        return { id, query: `text of ${id}`, ndcg, bm25: 0.1, ranking: [] };
      }),
    })),
  } satisfies EvaluatedRun;
}

suite("compareRuns()", () => {
  test("pairs lists by name and queries by id, and counts what has no partner", () => {
    const first = runOf("old", { x: { q1: 0.5, q2: 0.5, q3: 0.5 }, y: { q1: 1 }, z: { q1: 0 } });
    const second = runOf("new", { y: { q1: 0 }, x: { q2: 1, q1: 0.25, q4: 1 } });

    const comparison = compareRuns(first, second);

    assert(comparison);
    assert.deepEqual(comparison.names, ["old", "new"]);
    assert.deepEqual(
      comparison.lists.map(({ name, queries, first, second }) => [name, queries, first, second]),
      [
        ["x", 2, 0.5, 0.625],
        ["y", 1, 1, 0],
      ],
    );
    assert.equal(comparison.mean.difference.mean, (0.125 - 1) / 2);
    assert.equal(comparison.mean.bm25, 0.1);
    assert.deepEqual([comparison.better, comparison.equal, comparison.unpaired], [1, 0, 3]);
    assert.deepEqual(
      comparison.worse.map(({ list, id }) => [list, id]),
      [
        ["y", "q1"],
        ["x", "q1"],
      ],
    );
  });

  test("tells two runs of one model apart", () => {
    const run = runOf("same", { x: { q1: 1 } });

    assert.deepEqual(compareRuns(run, run)?.names, ["same (a)", "same (b)"]);
    assert.equal(compareRuns(run, run)?.mean.p, 1);
  });

  test("is undefined where no query is common", () => {
    assert.equal(
      compareRuns(runOf("a", { x: { q1: 1 } }), runOf("b", { x: { q2: 1 }, y: { q1: 1 } })),
      undefined,
    );
  });
});
