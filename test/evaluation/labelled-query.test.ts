import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { StartupError } from "../../src/errors.ts";
import { hasBothKinds, parseLabelledQuery } from "../../src/evaluation/labelled-query.ts";

const line = (fields: object): string =>
  JSON.stringify({
    qid: "7",
    query: "red fruit",
    cands: [
      { id: "a", text: "car", rel: 0, score: 9 },
      { id: "b", text: "apple", rel: 2, score: 8 },
    ],
    ...fields,
  });

suite("parseLabelledQuery()", () => {
  test("keeps the order and the scores of candidates that have them", () => {
    assert.deepEqual(parseLabelledQuery(line({ all_rel: [2, 1] }), "f:1"), {
      id: "7",
      query: "red fruit",
      candidates: [
        { id: "a", text: "car", rel: 0 },
        { id: "b", text: "apple", rel: 2 },
      ],
      ideal: [2, 1],
      bm25: [9, 8],
    });
  });

  test("takes the candidates' labels for the ideal where `all_rel` is not there", () => {
    assert.deepEqual(parseLabelledQuery(line({}), "f:1").ideal, [0, 2]);
  });

  test("shuffles candidates without scores, the same way each time", () => {
    const cands = Array.from({ length: 12 }, (_cand, id) => ({ id, text: `t${id}`, rel: 0 }));
    const parse = () => parseLabelledQuery(line({ cands }), "f:1");
    const ids = parse().candidates.map(({ id }) => id);

    assert.deepEqual(parse(), parse());
    assert.equal(parse().bm25, undefined);
    assert.notDeepEqual(
      ids,
      cands.map(({ id }) => String(id)),
    );
    assert.equal(new Set(ids).size, 12);
  });

  for (const [title, text, problem] of [
    ["no JSON", "{", /^f:1: not JSON$/],
    ["no object", "7", /^f:1: `query` must be a string and `cands` a list$/],
    ["no query", line({ query: 7 }), /`query` must be a string/],
    ["no candidates", line({ cands: undefined }), /`cands` a list/],
    ["a candidate without text", line({ cands: [{ id: "a", rel: 1 }] }), /`cands\[0\]` must have/],
    [
      "a candidate whose id cannot be printed",
      line({ cands: [{ id: { toString: 1 }, text: "t", rel: 1 }] }),
      /`cands\[0\]\.id` must be a string or a number/,
    ],
    ["a label that is no number", line({ cands: [{ text: "a", rel: "1" }] }), /a number `rel`/],
    [
      "a label whose gain is infinite",
      line({ cands: [{ text: "a", rel: 2000 }] }),
      /a number `rel` of 100 at most/,
    ],
    ["an ideal whose gain is infinite", line({ all_rel: [2000] }), /numbers of 100 at most/],
    ["an empty query", line({ query: "" }), /^f:1: `query` must not be empty$/],
    [
      "a query's id that is read as another",
      line({}).replace('"7"', "9007199254740993"),
      /^f:1: `qid` is a number too large/,
    ],
    [
      "a candidate's id that is read as another",
      line({}).replace('"a"', "9007199254740993"),
      /^f:1: `cands\[0\]\.id` is a number too large/,
    ],
    [
      "a score without end",
      line({}).replace('"score":9', '"score":1e400'),
      /^f:1: `cands\[0\]\.score` must be a finite number, or left out$/,
    ],
    [
      "a score that is a text",
      line({}).replace('"score":9', '"score":"9"'),
      /^f:1: `cands\[0\]\.score` must be a finite number, or left out$/,
    ],
    ["an ideal that is none", line({ all_rel: ["1"] }), /`all_rel` must be a list of numbers/],
  ] as const) {
    test(`names the place and what is wrong for ${title}`, () => {
      assert.throws(
        () => parseLabelledQuery(text, "f:1"),
        (error) => error instanceof StartupError && problem.test(error.message),
      );
    });
  }
});

suite("hasBothKinds()", () => {
  test("is false where every order of the candidates is as good", () => {
    const withLabels = (...labels: number[]) =>
      hasBothKinds(
        parseLabelledQuery(line({ cands: labels.map((rel) => ({ text: "t", rel })) }), "f:1"),
      );

    assert.deepEqual(
      [withLabels(0, 1), withLabels(0, 0), withLabels(1, 2), withLabels()],
      [true, false, false, false],
    );
  });
});
