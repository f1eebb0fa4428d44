import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { createBm25, termsOf } from "../../src/evaluation/bm25.ts";

suite("termsOf()", () => {
  for (const { title, text, terms } of [
    { title: "words in lower case", text: "Red, APPLE_pie!", terms: ["red", "apple_pie"] },
    { title: "bigrams of Korean", text: "회의실 일정", terms: ["회의", "의실", "일정"] },
    {
      title: "bigrams of Japanese and Chinese",
      text: "東京タワー",
      terms: ["東京", "京タ", "タワ", "ワー"],
    },
    { title: "bigrams of Thai", text: "ไทย", terms: ["ไท", "ทย"] },
    { title: "a single character as it is", text: "水 x", terms: ["水", "x"] },
    {
      title: "words of Hindi with their vowel signs",
      text: "हिन्दी भाषा",
      terms: ["हिन्दी", "भाषा"],
    },
    {
      title: "a word that ends where another script begins",
      text: "iPhone사용법",
      terms: ["iphone", "사용", "용법"],
    },
    { title: "nothing of signs", text: "… !?", terms: [] },
  ]) {
    test(`finds ${title}`, () => {
      assert.deepEqual(termsOf(text), terms);
    });
  }
});

suite("createBm25()", () => {
  const texts = ["red apple", "green apple pie", "blue car"];

  test("scores by k1 1.2, b 0.75 and idf ln(1 + (N - df + 0.5) / (df + 0.5))", () => {
    const scores = createBm25(texts)("red apple");

    // Mean length 7/3; idf ln(8/3) and ln(8/5); tf parts 2.2 / 2.071429 and 2.2 / 2.457143.
    const expected = [1.5408846, 0.4208176, 0];
    for (const [at, score] of scores.entries()) {
      assert(Math.abs(score - (expected[at] ?? Number.NaN)) < 1e-5, `${at}: ${score}`);
    }
  });

  test("counts a term that the query repeats once", () => {
    const score = createBm25(texts);

    assert.deepEqual(score("apple apple"), score("apple"));
  });

  test("scores nothing for no texts, and 0 for a query without terms", () => {
    assert.deepEqual(createBm25([])("apple"), []);
    assert.deepEqual(createBm25(texts)("?"), [0, 0, 0]);
    assert.deepEqual(createBm25(["", "?"])("apple"), [0, 0]);
  });

  test("gives every text a finite score that does not depend on the order of the texts", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.string(), (some, query) => {
        const scores = createBm25(some)(query);
        const reversed = createBm25([...some].reverse())(query).reverse();
        assert(scores.every((score) => Number.isFinite(score) && score >= 0));
        for (const [at, score] of scores.entries()) {
          assert(Math.abs(score - (reversed[at] ?? Number.NaN)) < 1e-9);
        }
      }),
    );
  });
});
