import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { ndcgAt10 } from "../../src/evaluation/ndcg.ts";

const tolerance = 1e-6;

suite("ndcgAt10()", () => {
  for (const { title, ranked, ideal, expected } of [
    { title: "is 1 for the best order", ranked: [2, 1, 0], ideal: [1, 2], expected: 1 },
    {
      // (1 / log2 3 + 3 / log2 4) / (3 + 1 / log2 3)
      title: "discounts gains of 2^rel - 1 by place",
      ranked: [0, 1, 2],
      ideal: [2, 1, 0],
      expected: 2.1309298 / 3.6309298,
    },
    {
      // 1 / (1 + 1 / log2 3)
      title: "counts relevant texts that were not found",
      ranked: [1, 0],
      ideal: [1, 1],
      expected: 0.6131472,
    },
    {
      title: "looks at ten places",
      ranked: [...Array<number>(10).fill(0), 1],
      ideal: [1],
      expected: 0,
    },
    { title: "is 0 where nothing is relevant", ranked: [0, 0], ideal: [0], expected: 0 },
    { title: "takes a label below 0 for 0", ranked: [-2, 1], ideal: [1, -2], expected: 0.6309298 },
  ]) {
    test(title, () => {
      assert(Math.abs(ndcgAt10(ranked, ideal) - expected) < tolerance);
    });
  }

  const labels = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 30 });

  test("is between 0 and 1, and 1 for labels in falling order if one is relevant", () => {
    fc.assert(
      fc.property(labels, (ranked) => {
        const value = ndcgAt10(ranked, ranked);
        const best = ndcgAt10(
          [...ranked].sort((a, b) => b - a),
          ranked,
        );
        assert(value >= 0 && value <= 1 + tolerance);
        assert.equal(best, ranked.some((label) => label > 0) ? 1 : 0);
      }),
    );
  });

  test("never falls when a more relevant text changes places with a less relevant one above", () => {
    fc.assert(
      fc.property(labels, fc.nat(), fc.nat(), (ranked, i, j) => {
        const [upper, lower] = [i % ranked.length, j % ranked.length].sort((a, b) => a - b);
        fc.pre((ranked[upper ?? 0] ?? 0) <= (ranked[lower ?? 0] ?? 0));
        const swapped = ranked.with(upper ?? 0, ranked[lower ?? 0] ?? 0);
        swapped[lower ?? 0] = ranked[upper ?? 0] ?? 0;
        assert(ndcgAt10(swapped, ranked) >= ndcgAt10(ranked, ranked) - tolerance);
      }),
    );
  });
});
