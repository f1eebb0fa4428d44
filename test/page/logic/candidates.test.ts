import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { candidatesOf, textOfCandidates } from "../../../page/src/logic/candidates.ts";

suite("the text box of candidates", () => {
  test("has a candidate a line, whatever ends the lines, and none for blank ones", () => {
    assert.deepEqual(candidatesOf("a\r\n\n  \nb c\rd\n"), ["a", "b c", "d"]);
    assert.deepEqual(candidatesOf(""), []);
  });

  test("gives back every candidate as it was, line breaks and quotes and all", () => {
    const candidates = ["plain", 'in "quotes"', '"quoted"', "two\nlines", "a\r\nb", "back\\slash"];

    assert.deepEqual(candidatesOf(textOfCandidates(candidates)), candidates);
  });

  test("takes a line in quotes for prose unless it is a JSON string with a line break", () => {
    const lines = ['"Hello"', '"a\\nb', '"C:\\new" is a "folder"'];

    assert.deepEqual(candidatesOf(lines.join("\n")), lines);
  });
});
