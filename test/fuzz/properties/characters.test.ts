import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { countCodePoints, firstCodePoints, shorten } from "../../../src/characters.ts";
import { checkProperty } from "./check-property.ts";

/** Any UTF-16 units: characters of one and of two, and halves of the latter. */
const texts = fc
  .array(fc.constantFrom("a", "가", "🙂", "\ud83d", "\ude42", "\u0301"), { maxLength: 30 })
  .map((parts) => parts.join(""));

suite("properties of shortened texts", () => {
  test("the start of any text can be encoded, and is what its code points say", async () => {
    await checkProperty(
      fc.property(texts, fc.nat(20), (text, most) => {
        const start = firstCodePoints(text, most);
        assert(start.isWellFormed());
        assert.equal(start, [...text].slice(0, most).join("").toWellFormed());
        assert.equal(countCodePoints(text), [...text].length);
        encodeURIComponent(shorten(text, most));
      }),
    );
  });

  test("only a text that lost something ends in an ellipsis", async () => {
    await checkProperty(
      fc.property(texts, fc.nat(20), (text, most) => {
        const isCut = [...text].length > most;
        assert.equal(shorten(text, most), firstCodePoints(text, most) + (isCut ? "…" : ""));
      }),
    );
  });
});
