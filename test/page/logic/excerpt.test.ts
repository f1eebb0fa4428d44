import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { excerptOf } from "../../../page/src/logic/excerpt.ts";

suite("excerptOf()", () => {
  test("marks the passage by code points, which emoji and UTF-16 count differently", () => {
    const text = "😀😀 before. The passage 😀. After.";
    const start = Array.from("😀😀 before. ").length;
    const end = start + Array.from("The passage 😀.").length;

    assert.deepEqual(excerptOf(text, { start, end }, "short"), {
      before: "😀😀 before. ",
      marked: "The passage 😀.",
      after: " After.",
      isShortened: false,
    });
  });

  test("does not mark a passage that is the whole text", () => {
    const passage = { start: 0, end: 8 };

    assert.equal(excerptOf("😀 a note", passage, "short").marked, "");
    assert.equal(excerptOf("😀 a note.", passage, "short").marked, "😀 a note");
  });

  test("shortens what is long and says so, without cutting an emoji in half", () => {
    const text = "😀".repeat(400);

    const { before, isShortened } = excerptOf(text, undefined, "short");
    assert.equal(before, `${"😀".repeat(140)}…`);
    assert(isShortened);
    const passage = excerptOf(`x${text}`, { start: 201, end: 210 }, "short");
    assert.equal(passage.before, `…${"😀".repeat(40)}`);
    assert.equal(passage.marked, "😀".repeat(9));
    assert.equal(excerptOf(text, undefined, "long").before, text);
  });

  test("shows a megabyte in bounds", () => {
    const { before } = excerptOf("a".repeat(1_000_000), undefined, "long");

    assert.equal(before.length, 20_001);
  });
});
