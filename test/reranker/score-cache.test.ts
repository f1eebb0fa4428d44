import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createScoreCache } from "../../src/reranker/score-cache.ts";

const score = { logit: 1.5, queryTruncated: false, documentTruncated: true };

suite("createScoreCache()", () => {
  test("returns what was put in, and nothing else", () => {
    const cache = createScoreCache(1);

    cache.set("query", "document", score);

    assert.deepEqual(cache.get("query", "document"), score);
    assert.equal(cache.get("document", "query"), undefined);
  });

  test("tells apart pairs whose joined text is the same", () => {
    const cache = createScoreCache(1);

    cache.set("ab", "c", score);

    assert.equal(cache.get("a", "bc"), undefined);
    assert.equal(cache.get("", "abc"), undefined);
  });

  test("forgets what was not asked for longest once its memory is full", () => {
    const cache = createScoreCache(1);
    cache.set("q", "first", score);
    cache.set("q", "second", score);

    for (let i = 0; i < 10_000; i += 1) {
      cache.get("q", "first");
      cache.set("q", `document ${i}`, score);
    }

    assert.deepEqual(cache.get("q", "first"), score);
    assert.equal(cache.get("q", "second"), undefined);
  });
});
