import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import stringWidth from "string-width";
import { fitColumns, formatRankTable } from "../../src/terminal/rank-table.ts";

suite("formatRankTable()", () => {
  test("shows rank, score, a bar and the text", () => {
    const table = formatRankTable(
      [
        { score: 0.9, text: "내일 회의가 있다" },
        { score: 0.05, text: "점심은 김치찌개였다" },
      ],
      { columns: 41, color: false, rawScores: false },
    );

    assert.equal(
      table,
      [
        "rank  score",
        "   1  0.900  █████████   내일 회의가 있다",
        "   2  0.050  ▌           점심은 김치찌개…",
        "",
      ].join("\n"),
    );
  });

  test("draws the bars of logits from the least to the greatest", () => {
    const table = formatRankTable(
      [
        { score: 4, text: "a" },
        { score: 0, text: "b" },
        { score: -4, text: "c" },
      ],
      { columns: 32, color: false, rawScores: true },
    );

    assert.equal(
      table,
      [
        "rank   score",
        "   1   4.000  ████████  a",
        "   2   0.000  ████      b",
        "   3  -4.000            c",
        "",
      ].join("\n"),
    );
  });

  test("colours the bar and nothing else", () => {
    const options = { columns: 40, rawScores: false };
    const rows = [{ score: 0.5, text: "a" }];
    const colored = formatRankTable(rows, { ...options, color: true });

    assert(colored.includes("\u001B[32m█████     \u001B[39m"));
    assert.equal(
      stripVTControlCharacters(colored),
      formatRankTable(rows, { ...options, color: false }),
    );
  });

  test("stands a terminal of no width, and no rows", () => {
    const options = { columns: 1, color: false, rawScores: true };

    assert.equal(formatRankTable([], options), "rank  score\n");
    assert.match(formatRankTable([{ score: 0.5, text: "abc" }], options), /^ {3}1 {2}0.500/m);
  });
});

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
    { title: "is empty where there is no space", text: "a", columns: 0, expected: "" },
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
