import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { truncateLongestFirst } from "../../src/tokenizer/truncate-pair.ts";
import { readGoldenJson } from "../golden/golden-cases.ts";

/** Returns how many tokens are kept of a query and of a document with these lengths. */
function keptOf([queryTokens, documentTokens]: readonly [number, number], budget: number) {
  const kept = truncateLongestFirst({ queryTokens, documentTokens }, budget);
  return [kept.queryTokens, kept.documentTokens];
}

suite("truncateLongestFirst()", () => {
  const cases = [
    { title: "keeps a pair that fits", lengths: [3, 4], budget: 7, kept: [3, 4] },
    {
      title: "shortens only the longer text while it is longer",
      lengths: [3, 90],
      budget: 10,
      kept: [3, 7],
    },
    {
      title: "shortens the query alone if it is the longer one",
      lengths: [90, 3],
      budget: 10,
      kept: [7, 3],
    },
    { title: "halves an even budget", lengths: [90, 80], budget: 10, kept: [5, 5] },
    {
      title: "gives the odd token to the longer query",
      lengths: [90, 80],
      budget: 11,
      kept: [6, 5],
    },
    {
      title: "gives the odd token to the longer document",
      lengths: [80, 90],
      budget: 11,
      kept: [5, 6],
    },
    {
      title: "gives the odd token to the document of equals",
      lengths: [80, 80],
      budget: 11,
      kept: [5, 6],
    },
    { title: "keeps an empty query empty", lengths: [0, 90], budget: 10, kept: [0, 10] },
    { title: "keeps nothing of a budget of 0", lengths: [2, 3], budget: 0, kept: [0, 0] },
  ] as const;
  for (const { title, lengths, budget, kept } of cases) {
    test(title, () => {
      assert.deepEqual(keptOf(lengths, budget), kept);
    });
  }

  test("keeps as many tokens as Python's tokenizers, for every golden row", () => {
    const { rows } = readGoldenJson("longest-first.json") as { rows: number[][] };

    for (const row of rows) {
      const [budget = -1, queryTokens = -1, documentTokens = -1, ...kept] = row;
      assert.deepEqual(keptOf([queryTokens, documentTokens], budget), kept, `row ${row}`);
    }
    assert(rows.length > 1000);
  });
});
