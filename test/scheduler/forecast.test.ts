import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createForecast } from "../../src/scheduler/forecast.ts";
import { createLanes } from "../../src/scheduler/lanes.ts";
import { createFakeBackend } from "../fakes/fake-backend.ts";

/** A forecast over idle workers that take 100 ms a run and 1 ms a token. */
function setUp(count: number) {
  const workers = Array.from({ length: count }, () => createFakeBackend());
  const lanes = createLanes(workers, () => 0);
  const forecast = createForecast(lanes, () => 0);
  const [lane] = lanes.all;
  assert(lane !== undefined);
  assert.equal(forecast.sharedMs({ runs: 1, tokens: 10 }), undefined);
  assert.equal(forecast.waitMs({ runs: 0, tokens: 0 }, 1), undefined);
  for (const tokens of [10, 100, 1000]) {
    forecast.record(lane, { runs: 1, tokens, ms: 100 + tokens, endedMs: 0 });
  }
  return { workers, lanes, forecast, lane };
}

const round = (ms: number | undefined) => Math.round(ms ?? Number.NaN);

suite("createForecast()", () => {
  test("divides the work of many requests among the workers", () => {
    const work = { runs: 2, tokens: 200 };

    assert.equal(round(setUp(1).forecast.sharedMs(work)), 400);
    assert.equal(round(setUp(2).forecast.sharedMs(work)), 200);
  });

  for (const [pairs, workers, ms] of [
    [1, 1, 500],
    [1, 4, 500],
    [2, 2, 300],
    [3, 2, 400],
    [4, 4, 200],
    [Number.POSITIVE_INFINITY, 4, 200],
  ] as const) {
    test(`expects ${ms} ms of 400 tokens in ${pairs} pairs on ${workers} workers`, () => {
      const { forecast } = setUp(workers);

      const { expectedMs, leastMs } = forecast.own({ runs: 1, tokens: 400 }, pairs);

      assert.equal(round(expectedMs), ms);
      assert(leastMs > 0 && leastMs < ms);
    });
  }

  test("lets one pair wait for the worker that holds least, and many for all of them", () => {
    const { forecast, lanes } = setUp(2);
    const ahead = { runs: 1, tokens: 100 };
    lanes.all[0]?.begin({ runs: 1, tokens: 400 });

    assert.equal(round(forecast.waitMs(ahead, 1)), 100);
    assert.equal(round(forecast.waitMs(ahead, 10)), 350);
  });

  test("counts on no worker that is away, and on one while all are", () => {
    const { forecast, workers } = setUp(2);
    const work = { runs: 2, tokens: 200 };

    workers[1]?.changeOutage(100);
    assert.equal(round(forecast.sharedMs(work)), 400);
    workers[0]?.changeOutage(100);
    assert.equal(round(forecast.sharedMs(work)), 400);
  });

  test("tells a run's fixed cost in tokens", () => {
    const { forecast, lane } = setUp(1);

    assert.equal(round(forecast.overheadTokens(lane)), 100);
  });
});
