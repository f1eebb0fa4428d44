import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createPrefixCache, type Prefix } from "../../../src/inference/session/prefix-cache.ts";

function prefixOf(bytes: number): Prefix {
  return { tokens: 1, tensors: new Map(), bytes };
}

suite("createPrefixCache()", () => {
  test("forgets what was not asked for longest once the bytes are too many", () => {
    const cache = createPrefixCache(100);
    cache.set("a", prefixOf(40));
    cache.set("b", prefixOf(40));
    cache.get("a");
    cache.set("c", prefixOf(40));

    assert.deepEqual(
      ["a", "b", "c"].map((key) => cache.get(key) !== undefined),
      [true, false, true],
    );
  });

  test("keeps one prefix that is larger, and nothing beside it", () => {
    const cache = createPrefixCache(100);
    cache.set("a", prefixOf(40));
    cache.set("b", prefixOf(400));
    assert.equal(cache.get("a"), undefined);
    assert.equal(cache.get("b")?.bytes, 400);

    cache.set("c", prefixOf(40));
    assert.equal(cache.get("b"), undefined);
  });

  test("counts a prefix that is set again once", () => {
    const cache = createPrefixCache(100);
    cache.set("a", prefixOf(60));
    cache.set("a", prefixOf(60));
    cache.set("b", prefixOf(40));

    assert.notEqual(cache.get("a"), undefined);
  });
});
