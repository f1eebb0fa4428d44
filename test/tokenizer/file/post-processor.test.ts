import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { layOutPair } from "../../../src/tokenizer/file/pair-template.ts";
import { readPairTemplate } from "../../../src/tokenizer/file/post-processor.ts";
import { readGoldenJson } from "../../golden/golden-cases.ts";

interface TemplateCase {
  readonly name: string;
  readonly post_processor: unknown;
  readonly ids: number[];
  readonly type_ids: number[];
}

const sequenceA = { Sequence: { id: "A", type_id: 0 } };
const sequenceB = { Sequence: { id: "B", type_id: 0 } };
const separator = { SpecialToken: { id: "</s>", type_id: 0 } };

function templateOf(pair: unknown, specialTokens: unknown = { "</s>": { ids: [2] } }) {
  return { type: "TemplateProcessing", pair, special_tokens: specialTokens };
}

suite("readPairTemplate()", () => {
  const { cases } = readGoldenJson("pair-templates.json") as { cases: TemplateCase[] };
  for (const golden of cases) {
    test(`lays out a pair as Python does: ${golden.name}`, () => {
      const { template } = readPairTemplate(golden.post_processor);

      const ids = { query: Int32Array.of(5, 5), document: Int32Array.of(6, 6, 6) };
      const pair = layOutPair(template, ids);

      assert.deepEqual([...pair.inputIds], golden.ids);
      assert.deepEqual([...pair.typeIds], golden.type_ids);
    });
  }

  test("takes special tokens that stand for several ids", () => {
    const { template } = readPairTemplate(
      templateOf([sequenceA, separator, sequenceB], { "</s>": { ids: [2, 3] } }),
    );

    assert.equal(template.specialTokenCount, 2);
  });

  const empty = [null, undefined, { type: "ByteLevel" }, { type: "Sequence", processors: [] }];
  for (const value of empty) {
    test(`joins query and document under ${JSON.stringify(value)}, and says so`, () => {
      const { template, note } = readPairTemplate(value);

      const ids = { query: Int32Array.of(5), document: Int32Array.of(6) };
      const { inputIds, typeIds } = layOutPair(template, ids);
      assert.deepEqual([...inputIds, ...typeIds], [5, 6, 0, 1]);
      assert.match(note ?? "", /without a token between them/);
    });
  }

  const bert = { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] };
  const faults = [
    { title: "a post_processor that is no object", value: "x", message: /with a `type`, got: "x"/ },
    {
      title: "an unknown type",
      value: { type: "Novel" },
      message: /or `BertProcessing`, got: `Novel`/,
    },
    {
      title: "a Sequence without steps",
      value: { type: "Sequence" },
      message: /must be a list, got: nothing/,
    },
    {
      title: "a Sequence of two steps that add tokens",
      value: { type: "Sequence", processors: [bert, bert] },
      message: /got: `BertProcessing`, `BertProcessing`/,
    },
    {
      title: "a template without pair",
      value: templateOf(undefined),
      message: /pair` must be a list/,
    },
    {
      title: "a template without the document",
      value: templateOf([sequenceA]),
      message: /the document \(sequence B\) once, got: 0 times/,
    },
    {
      title: "a template with the query twice",
      value: templateOf([sequenceA, sequenceB, sequenceA]),
      message: /the query \(sequence A\) once, got: 2 times/,
    },
    {
      title: "a third sequence",
      value: templateOf([sequenceA, { Sequence: { id: "C", type_id: 0 } }]),
      message: /got: \{"Sequence":\{"id":"C"/,
    },
    {
      title: "a segment id that is no byte",
      value: templateOf([{ Sequence: { id: "A", type_id: 256 } }, sequenceB]),
      message: /`type_id` of 0 to 255/,
    },
    {
      title: "a special token without ids",
      value: templateOf([sequenceA, separator, sequenceB], {}),
      message: /ids of `<\/s>`, got: null/,
    },
    {
      title: "a special token named like a built-in property",
      value: templateOf([{ SpecialToken: { id: "constructor", type_id: 0 } }], {}),
      message: /ids of `constructor`, got: null/,
    },
    {
      title: "BertProcessing without its separator",
      value: { ...bert, sep: ["[SEP]"] },
      message: /`post_processor.sep` must be a token and its id, got: \["\[SEP\]"\]/,
    },
  ];
  for (const { title, value, message } of faults) {
    test(`rejects ${title}`, () => {
      assert.throws(() => readPairTemplate(value), { name: "StartupError", message });
    });
  }
});
