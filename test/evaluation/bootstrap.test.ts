import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { bootstrapInterval, macroMean } from "../../src/evaluation/bootstrap.ts";

/** So many values, alternately 0 and 1. */
const coins = (count: number): number[] => Array.from({ length: count }, (_, at) => at % 2);

suite("bootstrapInterval()", () => {
  test("is near that of the normal distribution", () => {
    const { mean, low, high } = bootstrapInterval([coins(400)]);

    // The standard error of 400 coins is 0.025.
    assert.equal(mean, 0.5);
    assert(Math.abs(low - (0.5 - 1.96 * 0.025)) < 0.006, String(low));
    assert(Math.abs(high - (0.5 + 1.96 * 0.025)) < 0.006, String(high));
  });

  test("counts each list the same, however long it is", () => {
    assert.equal(macroMean([[1], coins(10), [0, 0, 0]]), 0.5);
    const { low, high } = bootstrapInterval([[1], coins(100)]);

    // The single query is always drawn, so only half of the mean varies.
    assert(low > 0.69 && high < 0.81, `${low} to ${high}`);
  });

  test("is the same in every run, and nothing wide where all values are equal", () => {
    assert.deepEqual(bootstrapInterval([coins(30)]), bootstrapInterval([coins(30)]));
    assert.deepEqual(bootstrapInterval([[0.25, 0.25]]), { mean: 0.25, low: 0.25, high: 0.25 });
  });
});
