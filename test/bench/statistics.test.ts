import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { median, medianRatio, quantile, round3, spread } from "../../bench/statistics.ts";

suite("quantile()", () => {
  test("returns the ends and interpolates between neighbours", () => {
    const samples = [40, 10, 30, 20];
    assert.equal(quantile(samples, 0), 10);
    assert.equal(quantile(samples, 1), 40);
    assert.equal(quantile(samples, 0.5), 25);
    assert.equal(quantile([0, 100], 0.95), 95);
  });

  test("returns the only sample for every share", () => {
    assert.deepEqual(
      [0, 0.5, 0.95, 1].map((share) => quantile([7], share)),
      [7, 7, 7, 7],
    );
  });

  test("sorts by value, not by text", () => {
    assert.equal(median([9, 100, 10]), 10);
  });

  test("throws without samples", () => {
    assert.throws(() => quantile([], 0.5), /no samples/);
  });

  test("leaves the samples in their order", () => {
    const samples = [3, 1, 2];
    quantile(samples, 0.5);
    assert.deepEqual(samples, [3, 1, 2]);
  });
});

suite("medianRatio()", () => {
  test("compares round by round, so a slow round does not count twice", () => {
    assert.equal(medianRatio([10, 1, 10], [5, 0.5, 5]), 2);
  });

  test("throws if rounds are missing", () => {
    assert.throws(() => medianRatio([1, 2], [1]), /in pairs/);
  });
});

suite("spread()", () => {
  test("returns the middle and the ends", () => {
    assert.deepEqual(spread([5, 1, 3]), { median: 3, min: 1, max: 5 });
  });
});

suite("round3()", () => {
  test("keeps three significant digits", () => {
    assert.deepEqual([0.012345, 1.2345, 1234.5].map(round3), [0.0123, 1.23, 1230]);
  });
});
