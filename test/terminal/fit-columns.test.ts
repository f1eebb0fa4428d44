import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import stringWidth from "string-width";
import { fitColumns } from "../../src/terminal/fit-columns.ts";

suite("fitColumns()", () => {
  for (const { title, text, columns, expected } of [
    { title: "keeps what fits", text: "red apple", columns: 9, expected: "red apple" },
    { title: "marks a cut", text: "red apples", columns: 9, expected: "red appl…" },
    {
      title: "counts two columns for Korean",
      text: "내일 회의",
      columns: 9,
      expected: "내일 회의",
    },
    { title: "splits no character of Korean", text: "내일 회의", columns: 8, expected: "내일 회…" },
    { title: "counts two columns for Japanese", text: "東京タワー", columns: 6, expected: "東京…" },
    {
      title: "keeps an accent with its letter",
      text: "cafe\u0301s",
      columns: 5,
      expected: "cafe\u0301s",
    },
    {
      title: "makes one line of several",
      text: " a\n\tb\u2028c ",
      columns: 9,
      expected: "a b c",
    },
    {
      title: "lets no sequence through that would move the cursor or turn the line",
      text: "a\u001B[2Jb \u0007c\u202Ed",
      columns: 9,
      expected: "ab cd",
    },
    { title: "is empty where there is no room", text: "a", columns: 0, expected: "" },
  ]) {
    test(title, () => {
      assert.equal(fitColumns(text, columns), expected);
    });
  }

  test("never takes more columns than there are", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 40 }), (some, columns) => {
        assert(stringWidth(fitColumns(some, columns)) <= columns);
      }),
    );
  });
});
