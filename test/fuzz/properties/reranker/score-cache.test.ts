import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { createScoreCache } from "../../../../src/reranker/score-cache.ts";
import { checkProperty } from "../check-property.ts";

const text = fc.stringMatching(/^[ab:1]{0,4}$/);
const key = fc.record({ query: text, document: text, reading: fc.constantFrom("a", "b", "a1") });

suite("properties of the score cache", () => {
  test("gives what was last put under the very same pair, and nothing else", async () => {
    await checkProperty(
      fc.property(
        fc.array(fc.tuple(key, fc.double()), { maxLength: 30 }),
        key,
        (entries, asked) => {
          const cache = createScoreCache(1);
          const known = new Map<string, number>();
          for (const [pair, logit] of entries) {
            const flags = { queryTruncated: false, documentTruncated: false, tooLong: false };
            cache.set(pair, { logit, ...flags });
            known.set(JSON.stringify([pair.query, pair.document, pair.reading]), logit);
          }
          const wanted = known.get(JSON.stringify([asked.query, asked.document, asked.reading]));
          assert(Object.is(cache.get(asked)?.logit, wanted));
        },
      ),
      500,
    );
  });
});
