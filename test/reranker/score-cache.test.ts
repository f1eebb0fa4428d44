import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createScoreCache } from "../../src/reranker/score-cache.ts";

const score = { logit: 1.5, queryTruncated: false, documentTruncated: true, tooLong: true };

const keyOf = (query: string, document: string, reading = "") => ({ query, document, reading });

suite("createScoreCache()", () => {
  test("returns what was put in, and nothing else", () => {
    const cache = createScoreCache(1);

    cache.set(keyOf("query", "document"), score);

    assert.deepEqual(cache.get(keyOf("query", "document")), score);
    assert.equal(cache.get(keyOf("document", "query")), undefined);
  });

  test("tells apart pairs whose joined text is the same", () => {
    const cache = createScoreCache(1);

    cache.set(keyOf("ab", "c"), score);

    assert.equal(cache.get(keyOf("a", "bc")), undefined);
    assert.equal(cache.get(keyOf("", "abc")), undefined);
  });

  test("tells apart ways to read the same texts", () => {
    const cache = createScoreCache(1);

    cache.set(keyOf("q", "d", "windows,right,1"), score);

    assert.equal(cache.get(keyOf("q", "d", "windows,right,")), undefined);
    assert.equal(cache.get(keyOf("q", "d")), undefined);
  });

  test("forgets what was not asked for longest once its memory is full", () => {
    const cache = createScoreCache(1);
    cache.set(keyOf("q", "first"), score);
    cache.set(keyOf("q", "second"), score);

    for (let i = 0; i < 10_000; i += 1) {
      cache.get(keyOf("q", "first"));
      cache.set(keyOf("q", `document ${i}`), score);
    }

    assert.deepEqual(cache.get(keyOf("q", "first")), score);
    assert.equal(cache.get(keyOf("q", "second")), undefined);
  });
});
