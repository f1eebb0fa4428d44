import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { poissonArrivalsMs } from "../../../bench/load/arrivals.ts";
import { createRandom } from "../../../bench/random.ts";

const arrivals = (seed: number, perSecond = 50) =>
  poissonArrivalsMs({ perSecond, durationMs: 60_000, random: createRandom(seed) });

suite("poissonArrivalsMs()", () => {
  test("gives the same arrivals for the same seed, and others for another", () => {
    assert.deepEqual(arrivals(1), arrivals(1));
    assert.notDeepEqual(arrivals(1), arrivals(2));
  });

  test("ascends and ends before the duration", () => {
    const times = arrivals(3);
    assert.ok(times.every((time, index) => time >= (times[index - 1] ?? 0)));
    assert.ok((times.at(-1) ?? 0) < 60_000);
  });

  test("sends exactly the offered load, and its gaps spread as those of independent users do", () => {
    const times = arrivals(4);
    assert.equal(times.length, 3000);
    const gaps = times.map((time, index) => time - (times[index - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    const variation = Math.sqrt(variance) / mean;
    assert.ok(variation > 0.9 && variation < 1.1, `coefficient of variation ${variation}`);
  });

  test("throws for a rate that never sends", () => {
    assert.throws(() => arrivals(1, 0), /above 0/);
    assert.throws(() => arrivals(1, Number.NaN), /above 0/);
  });
});
