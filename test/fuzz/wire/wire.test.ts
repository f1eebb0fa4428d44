import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { inputKinds, makeInput } from "./make-input.ts";
import { runInputs } from "./run-inputs.ts";
import { verdictOf } from "./verdict.ts";

/** Enough for every kind of input to come some hundred times, warm-up and all. */
const inputs = 2_000;

suite("the server under nearly valid input", () => {
  test("answers or closes, tells of no fault of its own, and keeps nothing", async () => {
    const figures = await runInputs({ seed: 20, from: 0, inputs });

    assert.deepEqual(verdictOf(figures), []);
    assert.deepEqual(Object.keys(figures.statuses).sort(), [...inputKinds].sort());
  });

  test("is sent the same input for the same seed and number", () => {
    for (let number = 0; number < 200; number += 1) {
      assert.deepEqual(makeInput(7, number), makeInput(7, number));
    }
    assert.notDeepEqual(makeInput(7, 1), makeInput(8, 1));
  });
});
