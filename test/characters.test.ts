import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { firstCodePoints, shorten } from "../src/characters.ts";

suite("shorten()", () => {
  for (const [title, text, most, expected] of [
    ["leaves a short text as it is", "abc", 3, "abc"],
    ["marks what was cut", "abcd", 3, "abc…"],
    ["counts a character of two units once", "🙂🙂🙂", 3, "🙂🙂🙂"],
    ["splits no character", "a🙂🙂🙂", 2, "a🙂…"],
    ["replaces half a character", "a\ud83d", 3, "a\ufffd"],
    ["is empty for an empty text", "", 0, ""],
  ] as const) {
    test(title, () => assert.equal(shorten(text, most), expected));
  }
});

test("firstCodePoints() marks nothing", () => {
  assert.equal(firstCodePoints("🙂🙂🙂", 2), "🙂🙂");
});
