import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { defaultFormula, fallbackScoreOf, formulaOf } from "../../src/fallback/fallback-score.ts";
import { hasCode } from "../connect-client.ts";

const nowMs = Date.parse("2026-11-23T00:00:00Z");
const similarity = fc.double({ min: -1, max: 1, noNaN: true });
const ageMs = fc.integer({ min: 0, max: 10 * 365 * 24 * 3_600_000 });
const weight = fc.double({ min: 0.01, max: 10, noNaN: true });
const score = (similarity: number, createdAt?: Date | number | string, formula = defaultFormula) =>
  fallbackScoreOf({ text: "", similarity, createdAt }, formula, nowMs);

suite("fallbackScoreOf()", () => {
  test("is 0.8 of the similarity and 0.2 of the recency, halved every 30 days", () => {
    const day = 24 * 3_600_000;
    assert.equal(score(1, nowMs), 1);
    assert.equal(score(0.5, nowMs), 0.8 * 0.5 + 0.2);
    assert.equal(score(0, nowMs - 30 * day), 0.1);
    assert.equal(score(0, nowMs - 60 * day), 0.05);
  });

  test("reads a Date, milliseconds and ISO 8601 alike", () => {
    const timeMs = nowMs - 12_345_678;
    const date = new Date(timeMs);
    assert.equal(score(0.3, date), score(0.3, timeMs));
    assert.equal(score(0.3, date.toISOString()), score(0.3, timeMs));
  });

  test("takes a date that is missing or cannot be read for one half-life ago", () => {
    const neutral = score(0.3, nowMs - defaultFormula.halfLifeMs);
    assert.equal(score(0.3), neutral);
    assert.equal(score(0.3, "yesterday"), neutral);
    assert.equal(score(0.3, new Date(Number.NaN)), neutral);
    assert.equal(score(0.3, Number.NaN), neutral);
    assert.equal(score(0.3, null as unknown as undefined), neutral);
  });

  test("takes a similarity that is no number for the worst", () => {
    assert.equal(score(Number.NaN, nowMs), score(-1, nowMs));
    assert.equal(score(undefined as unknown as number, nowMs), score(-1, nowMs));
  });

  test("takes the future for now", () => {
    assert.equal(score(0.3, nowMs + 1_000), score(0.3, nowMs));
  });

  test("never falls with similarity and never rises with age", () => {
    fc.assert(
      fc.property(
        fc.record({ weightSimilarity: weight, weightRecency: weight, halfLifeMs: weight }),
        similarity,
        similarity,
        ageMs,
        ageMs,
        (formula, s1, s2, a1, a2) => {
          const [near, far] = [Math.max(s1, s2), Math.min(s1, s2)];
          const [young, old] = [nowMs - Math.min(a1, a2), nowMs - Math.max(a1, a2)];
          assert(score(near, young, formula) >= score(far, young, formula));
          assert(score(near, young, formula) >= score(near, old, formula));
          assert(Number.isFinite(score(far, old, formula)));
        },
      ),
    );
  });

  test("stays between the scores of an endless age and of now", () => {
    fc.assert(
      fc.property(similarity, ageMs, (s, age) => {
        const got = score(s, nowMs - age);
        assert(got >= 0.8 * s && got <= 0.8 * s + 0.2 + Number.EPSILON);
      }),
    );
  });
});

suite("formulaOf()", () => {
  test("takes what is not given from the defaults", () => {
    assert.deepEqual(formulaOf({ weightRecency: 0 }), { ...defaultFormula, weightRecency: 0 });
    assert.deepEqual(formulaOf({ halfLifeMs: undefined }), defaultFormula);
  });

  test("refuses what makes no order", () => {
    for (const weights of [
      { weightSimilarity: Number.NaN },
      { weightRecency: Number.POSITIVE_INFINITY },
      { halfLifeMs: 0 },
    ]) {
      assert.throws(() => formulaOf(weights), hasCode("invalid_argument"));
    }
  });
});
