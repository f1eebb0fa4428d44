import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  meanOf,
  measureQuery,
  ndcgAt10,
  reciprocalRankAt10,
} from "../../src/evaluation/ndcg-and-mrr.ts";

const candidates = [
  { id: "a", text: "blue car", rel: 0 },
  { id: "b", text: "green apple", rel: 0 },
  { id: "c", text: "red apple", rel: 1 },
];
const query = { id: "1", query: "red apple", candidates, ideal: [1] };

suite("measureQuery()", () => {
  test("measures the order that came, BM25 on the list, and the reranked one", () => {
    assert.deepEqual(measureQuery(query, [1, 2, 0]), {
      ndcg: { input: 0.5, bm25: 1, reranked: 1 / Math.log2(3) },
      mrr: { input: 1 / 3, bm25: 1, reranked: 1 / 2 },
    });
  });

  test("takes the scores that the list came with for BM25, equal ones in the order they came", () => {
    const { mrr } = measureQuery({ ...query, bm25: [5, 7, 5] }, [0, 1, 2]);

    assert.equal(mrr.bm25, 1 / 3);
  });
});

suite("meanOf()", () => {
  test("averages each figure", () => {
    const one = (value: number) => ({
      ndcg: { input: value, bm25: 0, reranked: 1 },
      mrr: { input: 0, bm25: value, reranked: value },
    });

    assert.deepEqual(meanOf([one(0.25), one(0.75)]), {
      ndcg: { input: 0.5, bm25: 0, reranked: 1 },
      mrr: { input: 0, bm25: 0.5, reranked: 0.5 },
    });
  });
});

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
