import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { replaceLoneSurrogates } from "../../../../../src/server/http/json-fields.ts";
import { checkProperty } from "../../check-property.ts";

/** The inside of a JSON string: escapes of every kind, and what looks like one. */
const strings = fc
  .array(
    fc.constantFrom(
      "\\ud83d",
      "\\uDE42",
      "\\udbff",
      "\\u0041",
      "\\\\",
      "\\n",
      '\\"',
      "ud83d",
      "🙂",
      "a",
    ),
    { maxLength: 12 },
  )
  .map((parts) => `"${parts.join("")}"`);

suite("properties of replaceLoneSurrogates()", () => {
  test("any string is what UTF-8 makes of it, and keeps its length", async () => {
    await checkProperty(
      fc.property(strings, (json) => {
        const replaced = replaceLoneSurrogates(json);
        assert.equal(JSON.parse(replaced), (JSON.parse(json) as string).toWellFormed());
        assert.equal(replaced.length, json.length);
      }),
      2_000,
    );
  });
});
