import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { compareLogits, parseParity } from "../../src/evaluation/parity.ts";

const pair = { query: "q", document: "d", logit: 0.5 };
const parity = { reference: "torch", max_length: 96, cases: [pair] };

suite("parseParity()", () => {
  test("reads pairs, with an instruction and a label where there are", () => {
    const more = { ...pair, instruction: "look" };
    const text = JSON.stringify({ ...parity, positive_label: "1", cases: [pair, more] });

    assert.deepEqual(parseParity(text, "p.json"), {
      reference: "torch",
      maxLength: 96,
      positiveLabel: "1",
      cases: [{ ...pair, instruction: undefined }, more],
    });
  });

  for (const [title, fields, message] of [
    ["no reference", { reference: undefined }, /^p\.json: `reference` must be a text/],
    ["a length of 0", { max_length: 0 }, /^p\.json: `max_length` must be a whole number over 0/],
    ["no pairs", { cases: [] }, /^p\.json: `cases` must be a list of pairs/],
    ["a pair without a document", { cases: [pair, { query: "q" }] }, /cases\[1\]: `query` and/],
    ["a logit that is a text", { cases: [{ ...pair, logit: "1" }] }, /cases\[0\]: `logit` must/],
    ["a label that is a number", { positive_label: 1 }, /`positive_label` must be a text/],
  ] as const) {
    test(`refuses ${title}`, () => {
      assert.throws(() => parseParity(JSON.stringify({ ...parity, ...fields }), "p.json"), {
        name: "StartupError",
        message,
      });
    });
  }

  test("refuses what is not JSON", () => {
    assert.throws(() => parseParity("{", "p.json"), { message: "p.json: not JSON" });
  });
});

suite("compareLogits()", () => {
  const cases = [0, 1, 2].map((logit) => ({ ...pair, logit, instruction: undefined }));

  test("finds the largest difference and where it is", () => {
    assert.deepEqual(compareLogits(cases, [0.25, 0.5, 2]), { largest: 0.5, worst: 1 });
  });

  test("counts what is no number, or missing, as infinitely far", () => {
    assert.deepEqual(compareLogits(cases, [0, 1, Number.NaN]).worst, 2);
    assert.equal(compareLogits(cases, [0]).largest, Number.POSITIVE_INFINITY);
  });
});
