import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { passageOf, passageText } from "../../src/reranker/passage.ts";

suite("passageOf()", () => {
  for (const [title, text, span, expected] of [
    ["is the span itself", "abcdef", [1, 3], [1, 3]],
    ["ends with the text", "abc", [1, 2 ** 31 - 1], [1, 3]],
    ["counts code points, not UTF-16 units", "😀😀 ab", [3, 99], [3, 5]],
    ["leaves white space at its edges out", " \n a b\u00a0 c", [0, 7], [3, 6]],
    ["is empty where there is only white space", "a   b", [2, 3], [3, 3]],
    ["is empty for no text", "", [0, 2 ** 31 - 1], [0, 0]],
  ] as const) {
    test(title, () => {
      const passage = passageOf(text, { start: span[0], end: span[1] });

      assert.deepEqual(passage, { start: expected[0], end: expected[1] });
      const characters = [...text].slice(passage.start, passage.end).join("");
      assert.equal(passageText(text, passage), characters);
    });
  }
});
