import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createFairQueue } from "../../src/scheduler/fair-queue.ts";
import { createRunCounter, sumOf, workOf } from "../../src/scheduler/work.ts";

const policy = { maxBatchTokens: 100, runOverheadTokens: 9 };

suite("workOf()", () => {
  test("counts the runs of pairs of nearly one length", () => {
    assert.deepEqual(workOf([], policy), { runs: 0, tokens: 0 });
    assert.deepEqual(workOf([300, 300], policy), { runs: 2, tokens: 600 });
    assert.deepEqual(workOf([50, 50, 50], policy), { runs: 2, tokens: 150 });
    assert.deepEqual(workOf([12, 13, 90], policy), { runs: 2, tokens: 115 });
  });

  test("counts a run for fewer pairs where their attention is large", () => {
    const narrow = { ...policy, maxAttention: 50 ** 2 };

    assert.deepEqual(workOf([25, 25, 25, 25], narrow), { runs: 1, tokens: 100 });
    assert.deepEqual(workOf([49, 50, 50], narrow), { runs: 3, tokens: 149 });
    assert.deepEqual(workOf([300], narrow), { runs: 1, tokens: 300 });
  });

  test("counts every pair where they are computed row by row", () => {
    assert.deepEqual(workOf([5, 5, 5], { ...policy, rowByRow: true }), { runs: 3, tokens: 15 });
  });

  test("is near to what the queue makes of them", () => {
    const lengths = Array.from({ length: 500 }, (_pair, index) => 1 + ((index * 37) % 99));
    const queue = createFairQueue<string>(() => policy);
    queue.add("a", lengths);
    let batches = 0;
    while (queue.takeBatch().length > 0) batches += 1;

    const { runs } = workOf(lengths, policy);
    assert(runs > 0.8 * batches && runs < 1.2 * batches, `${runs} for ${batches}`);
  });
});

suite("createRunCounter()", () => {
  test("forgets pairs that are taken out", () => {
    const counter = createRunCounter(() => policy);
    for (const length of [50, 50, 50, 10]) counter.add(length);
    assert.equal(counter.runs, 3);

    for (const length of [50, 50, 50]) counter.remove(length);
    assert.equal(counter.runs, 1);
    counter.remove(10);
    assert.equal(counter.runs, 0);
  });
});

suite("sumOf()", () => {
  test("adds runs and tokens", () => {
    const parts = [
      { runs: 1, tokens: 10 },
      { runs: 0.5, tokens: 2 },
    ];
    assert.deepEqual(sumOf(parts), { runs: 1.5, tokens: 12 });
    assert.deepEqual(sumOf([]), { runs: 0, tokens: 0 });
  });
});
