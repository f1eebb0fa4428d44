import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { compareScores, requireAgreement } from "../../../../bench/figures/contest/agreement.ts";

suite("compareScores()", () => {
  test("finds the largest and the mean difference over all documents", () => {
    const agreement = compareScores(
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 2.5],
        [3, 3.5],
      ],
    );
    assert.deepEqual(agreement, {
      documents: 4,
      maxDifference: 0.5,
      meanDifference: 0.25,
      orderKept: 1,
    });
  });

  test("counts neighbours of the ranking that changed places", () => {
    assert.equal(compareScores([[3, 2, 1]], [[3, 1, 2]]).orderKept, 0.5);
  });

  test("throws if a score is missing or not a number", () => {
    assert.throws(() => compareScores([[1, 2]], [[1]]), /request 0 has 2 documents/);
    assert.throws(() => compareScores([[1]], [[Number.NaN]]), /request 0/);
    assert.throws(() => compareScores([[1]], []), /number of requests/);
  });
});

suite("requireAgreement()", () => {
  const differBy = (difference: number) => compareScores([[0, 1]], [[0, 1 + difference]]);

  test("accepts the rounding of another runtime", () => {
    requireAgreement("other", differBy(0.0009));
  });

  test("fails the run on a single score that differs, and names the contender", () => {
    assert.throws(() => requireAgreement("other", differBy(0.002)), /other disagrees.*2\.00e-3/);
    assert.throws(() => requireAgreement("other", differBy(-0.002)), /other disagrees/);
  });
});
