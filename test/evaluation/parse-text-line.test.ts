import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseTextLine } from "../../src/evaluation/parse-text-line.ts";

suite("parseTextLine()", () => {
  for (const [title, line, id, text] of [
    ["two columns", "d1\ta red apple\r", "d1", "a red apple"],
    ["further columns", "d1\tApples\tare red", "d1", "Apples are red"],
    ["an empty text", "d1\t", "d1", ""],
    ["BEIR's document", '{"_id":"d1","title":"Apples","text":"are red"}', "d1", "Apples are red"],
    ["BEIR's query", '{"_id":"q1","text":"red fruit"}', "q1", "red fruit"],
    ["other names", '{"id":7,"contents":"are red"}', "7", "are red"],
  ] as const) {
    test(`reads ${title}`, () => {
      assert.deepEqual(parseTextLine(line, "c:1"), { id, text });
    });
  }

  for (const line of ["d1 a red apple", '{"_id":"d1"}', "{", "\ttext"]) {
    test(`refuses \`${line.trim()}\` and names the place`, () => {
      assert.throws(() => parseTextLine(line, "c:9"), /StartupError: c:9: /);
    });
  }
});
