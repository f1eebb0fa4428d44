import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { decadeTicks, niceTicks } from "../../../bench/report/svg.ts";

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
