import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type BatchSizing, createBatchSizing } from "../../src/scheduler/batch-sizing.ts";

const bounds = {
  maxBatchTokens: 1024,
  runOverheadTokens: 16,
  largest: { maxBatchTokens: 2048, runOverheadTokens: 64 },
};

/** Measures a fixed cost in so many runs that it has shown its whole effect. */
function learn(sizing: BatchSizing, overheadTokens: number | undefined): void {
  for (let run = 0; run < 400; run += 1) sizing.learn(overheadTokens);
}

suite("createBatchSizing()", () => {
  for (const [overhead, expected] of [
    [undefined, [1024, 16]],
    [0, [1024, 16]],
    [20, [1024, 16]],
    [50, [1024, 32]],
    [100, [2048, 64]],
    [5000, [2048, 64]],
  ] as const) {
    test(`has batches of ${expected[0]} tokens where a run costs as much as ${overhead}`, () => {
      const sizing = createBatchSizing(bounds);

      learn(sizing, overhead);

      const { maxBatchTokens, runOverheadTokens } = sizing.policy;
      assert.deepEqual([maxBatchTokens, runOverheadTokens], expected);
    });
  }

  test("takes some runs to change, and goes back when the cost is small again", () => {
    const sizing = createBatchSizing(bounds);
    const { policy } = sizing;
    for (let run = 0; run < 10; run += 1) sizing.learn(1000);
    assert.equal(sizing.policy, policy);

    learn(sizing, 1000);
    assert.equal(sizing.policy.maxBatchTokens, 2048);
    learn(sizing, 1);
    assert.deepEqual(sizing.policy, policy);
  });

  test("follows the middle of measurements that are far apart", () => {
    const sizing = createBatchSizing(bounds);
    const noisy = [749, 133, 151, 356, 94, 18, 0, 119, 42];

    for (let run = 0; run < 400; run += 1) sizing.learn(noisy[Math.floor(run / 10) % noisy.length]);

    assert.equal(sizing.policy.runOverheadTokens, 64);
  });

  test("changes nothing without larger bounds", () => {
    const sizing = createBatchSizing({ maxBatchTokens: 512, runOverheadTokens: 8 });

    learn(sizing, 1000);

    assert.deepEqual(sizing.policy, { maxBatchTokens: 512, runOverheadTokens: 8 });
  });

  test("gives a worker no more at a time than two batches of the first size", () => {
    const sizing = createBatchSizing(bounds);
    assert.equal(sizing.limitsOf(0, 1e9).paddedTokens, 2048);
    assert.equal(sizing.limitsOf(1024, 1e9).paddedTokens, 1024);
    assert(sizing.takesReady(1, 1024));

    learn(sizing, 1000);

    assert(!sizing.takesReady(1e9, 2048));
    assert(!sizing.takesReady(1e9, 1600));
    assert(sizing.takesReady(1e9, 1000));
  });

  test("makes no small batch ready where a run costs much by itself", () => {
    const sizing = createBatchSizing(bounds);
    learn(sizing, 1000);

    assert(!sizing.takesReady(100, 500));
    assert(sizing.takesReady(512, 500));
  });

  test("spreads a request in parts that are worth a run, and rows one by one as they are", () => {
    assert.equal(createBatchSizing(bounds).limitsOf(0, 10).shareTokens, 64);
    const byRow = { maxBatchTokens: 1024, runOverheadTokens: 1024, rowByRow: true };
    assert.equal(createBatchSizing(byRow).limitsOf(0, 10).shareTokens, 10);
  });
});
