import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { activate, chooseActivations } from "../../src/reranker/activation.ts";

suite("chooseActivations()", () => {
  for (const [choice, usual, asModel] of [
    ["auto", "sigmoid", "tanh"],
    ["sigmoid", "sigmoid", "sigmoid"],
    ["model", "tanh", "tanh"],
    ["none", "identity", "identity"],
  ] as const) {
    test(`${choice}: ${usual} for most protocols, ${asModel} for vLLM's score`, () => {
      assert.deepEqual(chooseActivations(choice, "tanh"), { usual, asModel });
    });
  }
});

suite("activate()", () => {
  test("computes each of them", () => {
    assert.equal(activate(0, "sigmoid"), 0.5);
    assert.equal(activate(-3.25, "identity"), -3.25);
    assert.equal(activate(0.5, "tanh"), Math.tanh(0.5));
  });
});
