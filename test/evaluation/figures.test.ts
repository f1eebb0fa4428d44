import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { meanOf, measureQuery } from "../../src/evaluation/figures.ts";

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
