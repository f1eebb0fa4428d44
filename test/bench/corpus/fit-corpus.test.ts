import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { fitCorpus } from "../../../bench/corpus/fit-corpus.ts";

/** A tokenizer whose tokens are characters, four of them special. */
const tokenizer = {
  async encodePairs(
    query: string,
    documents: readonly string[],
    { maxLength }: { maxLength: number },
  ) {
    return documents.map((document) => {
      const tokens = 4 + [...query].length + [...document].length;
      return {
        inputIds: new Int32Array(Math.min(tokens, maxLength)),
        typeIds: new Uint8Array(Math.min(tokens, maxLength)),
        queryTruncated: false,
        documentTruncated: tokens > maxLength,
        tooLong: tokens > maxLength,
      };
    });
  },
};

suite("fitCorpus()", () => {
  test("cuts each document to the longest start that fits with its query, and no other", async () => {
    const corpus = [
      { query: "ab", documents: ["short", "exactly 14 ch.", "longer than fourteen characters"] },
      { query: "a longer query", documents: ["longer"] },
    ];
    assert.deepEqual(await fitCorpus(corpus, tokenizer, 20), [
      { query: "ab", documents: ["short", "exactly 14 ch.", "longer than fo"] },
      { query: "a longer query", documents: ["lo"] },
    ]);
  });

  test("cuts no character in half", async () => {
    const corpus = [{ query: "q", documents: ["😀".repeat(30)] }];
    const [request] = await fitCorpus(corpus, tokenizer, 10);
    assert.deepEqual(request?.documents, ["😀".repeat(5)]);
  });
});
