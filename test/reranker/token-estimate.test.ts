import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createTokenEstimate } from "../../src/reranker/token-estimate.ts";

/** Two tokens for every ten characters, beside the tokens that are no text. */
const usual = { pairs: 10, characters: 10_000, tokens: 2_040 };
const query = "q".repeat(100);

suite("createTokenEstimate()", () => {
  test("expects nothing before it has seen a text", () => {
    const estimate = createTokenEstimate(512);

    assert.equal(estimate.leastTokens({ query, documents: ["d".repeat(5000)] }), 0);
  });

  test("expects two fifths of the usual tokens, of the query in every pair", () => {
    const estimate = createTokenEstimate(512);
    estimate.learn(usual);

    const documents = ["d".repeat(900), "", "d".repeat(400)];

    assert.equal(estimate.leastTokens({ query, documents }), 80 + 8 + 40);
  });

  test("expects no more than what is read of a document, and of a pair", () => {
    const estimate = createTokenEstimate(50);
    estimate.learn(usual);
    const documents = ["d".repeat(100_000)];

    assert.equal(estimate.leastTokens({ query, documents }), 50);
    assert.equal(estimate.leastTokens({ query, documents, maxTokensPerDocument: 7 }), 8 + 7);
  });

  test("forgets texts that no longer come", () => {
    const estimate = createTokenEstimate(512);
    estimate.learn(usual);
    for (let times = 0; times < 100; times += 1) {
      estimate.learn({ pairs: 10, characters: 10_000, tokens: 5_040 });
    }

    const least = estimate.leastTokens({ query: "", documents: ["d".repeat(1000)] });

    assert(least > 199 && least <= 200, String(least));
  });

  test("is not misled by pairs of hardly any text", () => {
    const estimate = createTokenEstimate(512);
    estimate.learn({ pairs: 1000, characters: 2000, tokens: 3000 });

    assert.equal(estimate.leastTokens({ query, documents: ["d".repeat(1000)] }), 0);
  });

  test("does not count the words of a template as text", () => {
    const worded = createTokenEstimate(512, 84);
    const plain = createTokenEstimate(512);
    worded.learn({ ...usual, tokens: usual.tokens + 10 * 80 });
    plain.learn(usual);

    const texts = { query, documents: ["d".repeat(900)] };
    assert.equal(worded.leastTokens(texts), plain.leastTokens(texts));
  });
});
