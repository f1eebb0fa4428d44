import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createRunCost, type RunCost } from "../../src/scheduler/run-cost.ts";

/** A device that takes 1 ms for a run and 10 µs for a token. */
const msOf = ({ runs, tokens }: { runs: number; tokens: number }) => runs + tokens / 100;

function recordMany(
  cost: RunCost,
  tokens: number,
  { times = 20, factor = 1, runs = 1, endedMs = 0 } = {},
): void {
  for (let run = 0; run < times; run += 1) {
    cost.record({ runs, tokens, ms: factor * msOf({ runs, tokens }), endedMs });
  }
}

function assertNear(actual: number | undefined, expected: number, share = 0.02): void {
  assert(
    actual !== undefined && Math.abs(actual - expected) <= share * expected,
    `${actual} is not about ${expected}`,
  );
}

suite("createRunCost()", () => {
  test("knows nothing before the first run", () => {
    const cost = createRunCost();

    assert.equal(cost.expectedMs({ runs: 1, tokens: 10 }), undefined);
    assert.equal(cost.leastMs({ runs: 1, tokens: 10 }, 0), 0);
  });

  test("tells the fixed cost of a run from the cost of its tokens", () => {
    const cost = createRunCost();
    recordMany(cost, 15);
    recordMany(cost, 1000);

    for (const work of [
      { runs: 1, tokens: 5 },
      { runs: 1, tokens: 300 },
      { runs: 13, tokens: 13_000 },
      { runs: 700, tokens: 7000 },
    ]) {
      assertNear(cost.expectedMs(work), msOf(work));
    }
  });

  test("counts the runs of a batch that is computed row by row", () => {
    const cost = createRunCost();
    recordMany(cost, 80, { runs: 8 });
    recordMany(cost, 2000, { runs: 2 });

    assertNear(cost.expectedMs({ runs: 1, tokens: 10 }), 1.1);
    assertNear(cost.expectedMs({ runs: 4, tokens: 4000 }), 44);
  });

  test("errs towards too little for sizes that were never seen", () => {
    const small = createRunCost();
    recordMany(small, 15, { times: 1000 });
    const large = createRunCost();
    recordMany(large, 1000);

    for (const [cost, work] of [
      [small, { runs: 13, tokens: 12_500 }],
      [large, { runs: 1, tokens: 5 }],
    ] as const) {
      const expected = cost.expectedMs(work) ?? Number.NaN;
      assert(expected > 0 && expected <= msOf(work), `${expected}`);
      assert.equal(cost.leastMs(work, 0), 0);
    }
  });

  test("keeps what it knows of large runs however many small ones follow", () => {
    const cost = createRunCost();
    recordMany(cost, 1000);
    recordMany(cost, 15, { times: 10_000 });

    assertNear(cost.expectedMs({ runs: 1, tokens: 1000 }), 11);
  });

  test("follows a model that has become slower, or faster, within a few runs", () => {
    const cost = createRunCost();
    recordMany(cost, 1000, { times: 100 });

    recordMany(cost, 1000, { times: 12, factor: 5 });
    assertNear(cost.expectedMs({ runs: 1, tokens: 1000 }), 55);

    recordMany(cost, 1000, { times: 12 });
    assertNear(cost.expectedMs({ runs: 1, tokens: 1000 }), 11);
  });

  test("believes what was measured last of a size, whatever older figures of others say", () => {
    const cost = createRunCost();
    for (const tokens of [20, 100, 300, 1000]) recordMany(cost, tokens, { factor: 5 });

    recordMany(cost, 1000, { times: 1, endedMs: 20_000 });

    assertNear(cost.expectedMs({ runs: 1, tokens: 1000 }), 11);
    assert((cost.expectedMs({ runs: 1, tokens: 600 }) ?? 0) <= 11);
  });

  test("is not misled by a few runs of any time", () => {
    const cost = createRunCost();
    recordMany(cost, 15);
    recordMany(cost, 1000);
    recordMany(cost, 1000, { times: 3, factor: 5000 });
    recordMany(cost, 1000, { times: 3, factor: 0 });

    assertNear(cost.expectedMs({ runs: 2, tokens: 2000 }), 22);
  });

  test("knows how much longer some runs take on a machine that is shared", () => {
    const cost = createRunCost();
    for (let run = 0; run < 15; run += 1) {
      recordMany(cost, 1000, { times: 1, factor: run % 3 === 0 ? 4 : 1 });
    }

    const expected = cost.expectedMs({ runs: 1, tokens: 1000 }) ?? 0;
    assert(expected > 1.4 * 11 && expected < 2 * 11, `${expected}`);
  });

  test("is the surer of the least time the more runs of about the size it saw lately", () => {
    const cost = createRunCost();
    const work = { runs: 10, tokens: 10_000 };
    recordMany(cost, 1000, { times: 1 });
    const first = cost.leastMs(work, 0);
    recordMany(cost, 1000, { times: 14 });
    const last = cost.leastMs(work, 0);

    assert(first > 0 && first < 15, `${first}`);
    assert(last > 30 && last < 35, `${last}`);
    assert.equal(cost.leastMs({ runs: 10, tokens: 100 }, 0), 0);
    assert.equal(cost.leastMs(work, 10_001), 0);
    recordMany(cost, 1000, { times: 1, endedMs: 10_001 });
    assertNear(cost.leastMs(work, 10_001), first);
  });
});
