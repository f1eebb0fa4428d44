import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { type Candidate, type RankOptions, rankWithoutServer } from "../../src/fallback.ts";
import { hasCode } from "../connect-client.ts";

const dayMs = 24 * 3_600_000;
const now = Date.parse("2026-11-23T00:00:00Z");
const nowMs = () => now;

const found = [
  { text: "old and near", similarity: 0.9, createdAt: now - 300 * dayMs, id: 1 },
  { text: "new and near", similarity: 0.9, createdAt: now, id: 2 },
  { text: "new and far", similarity: 0.1, createdAt: now, id: 3 },
];
const idsOf = (options: RankOptions = {}, candidates: typeof found = found) =>
  rankWithoutServer(candidates, { nowMs, ...options }).map(({ candidate }) => candidate.id);

suite("rankWithoutServer()", () => {
  test("orders by similarity and recency, and keeps the candidates and their places", () => {
    const [best, ...others] = rankWithoutServer(found, { nowMs });

    assert.deepEqual(best, {
      candidate: found[1],
      index: 1,
      relevanceScore: undefined,
      fallbackScore: 0.8 * 0.9 + 0.2,
    });
    assert.equal(best?.candidate, found[1]);
    assert.deepEqual(
      others.map(({ index }) => index),
      [0, 2],
    );
  });

  test("weighs as it is told", () => {
    assert.deepEqual(idsOf({ weightSimilarity: 0 }), [2, 3, 1]);
    assert.deepEqual(idsOf({ weightRecency: 0 }), [1, 2, 3]);
    assert.deepEqual(idsOf({ weightSimilarity: -1, weightRecency: 0 }), [3, 1, 2]);
    const [first] = rankWithoutServer([{ text: "", similarity: 0, createdAt: now - dayMs }], {
      nowMs,
      halfLifeMs: dayMs,
    });
    assert.equal(first?.fallbackScore, 0.1);
  });

  test("returns the best `topN`; all for 0, and for more than there are", () => {
    assert.deepEqual(idsOf({ topN: 1 }), [2]);
    assert.deepEqual(idsOf({ topN: 0 }), [2, 1, 3]);
    assert.deepEqual(idsOf({ topN: 9 }), [2, 1, 3]);
  });

  test("ranks nothing where nothing was found, and by the clock of the machine by default", () => {
    assert.deepEqual(rankWithoutServer([]), []);
    const [ranked] = rankWithoutServer([{ text: "", similarity: 0, createdAt: new Date() }]);
    assert(ranked && Math.abs(ranked.fallbackScore - 0.2) < 1e-6, String(ranked?.fallbackScore));
  });

  test("changes neither the candidates nor their array", () => {
    const frozen = Object.freeze(found.map((candidate) => Object.freeze({ ...candidate })));

    rankWithoutServer(frozen, { nowMs });

    assert.deepEqual(frozen, found);
  });

  test("orders any candidates by falling score, equal ones as they came", () => {
    const similarity = fc.constantFrom(0, 0.5, 1, Number.NaN);
    const createdAt = fc.constantFrom(undefined, "no date", now, now - 30 * dayMs);
    const candidates = fc.array(fc.record({ text: fc.string(), similarity, createdAt }));
    fc.assert(
      fc.property(candidates, (all) => {
        const ranked = rankWithoutServer(all, { nowMs });

        assert.deepEqual(new Set(ranked.map(({ index }) => index)), new Set(all.keys()));
        ranked.slice(1).forEach((next, place) => {
          const before = ranked[place];
          assert(before);
          const falls = before.fallbackScore > next.fallbackScore;
          const isTie = before.fallbackScore === next.fallbackScore && before.index < next.index;
          assert(falls || isTie);
          assert.equal(next.candidate, all[next.index]);
        });
      }),
    );
  });

  const wrong: Readonly<Record<string, [RankOptions, RegExp]>> = {
    "a negative `topN`": [{ topN: -1 }, /^`topN` must be a whole number of 0 or more, got: `-1`$/],
    "half a result": [{ topN: 0.5 }, /^`topN` must be a whole number/],
    "a weight that is no number": [{ weightRecency: Number.NaN }, /^`weightRecency` must be a fin/],
    "an endless weight": [{ weightSimilarity: Infinity }, /^`weightSimilarity` must be a finite/],
    "a half-life of 0": [{ halfLifeMs: 0 }, /^`halfLifeMs` must be a number greater than 0/],
  };
  for (const [what, [options, message]] of Object.entries(wrong)) {
    test(`refuses ${what}, and names it`, () => {
      assert.throws(() => rankWithoutServer(found, options), hasCode("invalid_argument", message));
    });
  }

  test("refuses what is no array", () => {
    const none = undefined as unknown as readonly Candidate[];
    const message = /^`candidates` must be an array, got: `undefined`$/;
    assert.throws(() => rankWithoutServer(none), hasCode("invalid_argument", message));
  });
});
