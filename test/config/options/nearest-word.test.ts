import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { nearestWord } from "../../../src/config/options/nearest-word.ts";

const flags = ["host", "port", "model-id", "model", "max-length", "max-documents", "api-key"];

suite("nearestWord()", () => {
  for (const [misspelled, meant] of [
    ["prot", "port"],
    ["hostname", "host"],
    ["model_id", "model-id"],
    ["Model-ID", "model-id"],
    ["maxlength", "max-length"],
    ["max-lenght", "max-length"],
    ["api-kye", "api-key"],
    ["max-doc", "max-documents"],
  ] as const) {
    test(`takes \`${misspelled}\` for \`${meant}\``, () => {
      assert.equal(nearestWord(misspelled, flags), meant);
    });
  }

  test("finds nothing for a word that is like none", () => {
    for (const word of ["", "x", "tls", "truncate", "max-batch-requests"]) {
      assert.equal(nearestWord(word, flags), undefined, word);
    }
  });
});
