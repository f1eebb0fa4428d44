import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { reciprocalRankAt10 } from "../../src/evaluation/mrr.ts";

suite("reciprocalRankAt10()", () => {
  for (const [ranked, expected] of [
    [[1, 0, 1], 1],
    [[0, 0, 2], 1 / 3],
    [[0, -1, 0, 0.5], 1 / 4],
    [[...Array<number>(9).fill(0), 1], 1 / 10],
    [[...Array<number>(10).fill(0), 1], 0],
    [[0, 0], 0],
    [[], 0],
  ] as const) {
    test(`is ${expected.toFixed(3)} for [${ranked.join(" ")}]`, () => {
      assert.equal(reciprocalRankAt10(ranked), expected);
    });
  }

  test("depends on the first relevant text alone", () => {
    fc.assert(
      fc.property(fc.nat(20), fc.array(fc.nat(3)), (before, after) => {
        const ranked = [...Array<number>(before).fill(0), 1, ...after];
        assert.equal(reciprocalRankAt10(ranked), before < 10 ? 1 / (before + 1) : 0);
      }),
    );
  });
});
