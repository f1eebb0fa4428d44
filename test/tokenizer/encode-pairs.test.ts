import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { EncodeTexts } from "../../src/tokenizer/encode-documents.ts";
import { encodePairs } from "../../src/tokenizer/encode-pairs.ts";
import { createPairTemplate } from "../../src/tokenizer/file/pair-template.ts";

const template = createPairTemplate([
  { kind: "query", typeId: 0 },
  { kind: "special", ids: [-1], typeId: 0 },
  { kind: "document", typeId: 1 },
]);

/** Makes one token of each character: its code unit. */
const encodeCodeUnits: EncodeTexts = async (texts) => ({
  ids: Int32Array.from(texts.join(""), (character) => character.charCodeAt(0)),
  lengths: Int32Array.from(texts, (text) => text.length),
});

suite("encodePairs() over an encoder of texts", () => {
  test("gives each document its own ids out of a packed answer", async () => {
    const pairs = { query: "A", documents: ["BB", "", "C", "BB"] };

    const encodings = await encodePairs(encodeCodeUnits, template, pairs, { maxLength: 9 });

    assert.deepEqual(
      encodings.map(({ inputIds }) => [...inputIds]),
      [
        [65, -1, 66, 66],
        [65, -1],
        [65, -1, 67],
        [65, -1, 66, 66],
      ],
    );
  });

  test("has the encoder see the query once and each document once", async () => {
    const seen: string[] = [];
    const encodeTexts: EncodeTexts = (texts) => {
      seen.push(...texts);
      return encodeCodeUnits(texts);
    };
    const documents = Array.from({ length: 100 }, (_, i) => `document ${i}`);

    await encodePairs(encodeTexts, template, { query: "q", documents }, { maxLength: 9 });

    assert.deepEqual(seen, ["q", ...documents]);
  });

  test("has two chunks under way at most", async () => {
    let underWay = 0;
    let most = 0;
    const encodeTexts: EncodeTexts = async (texts) => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return encodeCodeUnits(texts);
    };
    const documents = Array.from({ length: 200 }, (_, i) => `document ${i}`);

    await encodePairs(encodeTexts, template, { query: "q", documents }, { maxLength: 9 });

    assert.equal(most, 2);
  });

  test("starts no further chunk after a failure", async () => {
    let calls = 0;
    const encodeTexts: EncodeTexts = async (texts) => {
      calls++;
      if (calls === 2) throw new Error("failed as asked");
      await new Promise((resolve) => setImmediate(resolve));
      return encodeCodeUnits(texts);
    };
    const documents = Array.from({ length: 1_000 }, (_, i) => `document ${i}`);

    const encoding = encodePairs(
      encodeTexts,
      template,
      { query: "q", documents },
      { maxLength: 9 },
    );
    await assert.rejects(encoding, { message: "failed as asked" });
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));

    assert.equal(calls, 3);
  });

  test("hands the signal to every call of the encoder", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const encodeTexts: EncodeTexts = (texts, signal) => {
      signals.push(signal);
      return encodeCodeUnits(texts);
    };
    const { signal } = new AbortController();

    await encodePairs(
      encodeTexts,
      template,
      { query: "q", documents: ["d"] },
      { maxLength: 9, signal },
    );

    assert.deepEqual(signals, [signal, signal]);
  });
});
