import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { createPairTemplate, layOutPair } from "../../../src/tokenizer/file/pair-template.ts";

suite("layOutPair()", () => {
  const template = createPairTemplate([
    { kind: "special", ids: [101], typeId: 0 },
    { kind: "query", typeId: 0 },
    { kind: "special", ids: [102, 102], typeId: 0 },
    { kind: "document", typeId: 1 },
    { kind: "special", ids: [102], typeId: 1 },
  ]);
  const ids = { query: Int32Array.of(1, 2, 3), document: Int32Array.of(7, 8) };

  test("puts special tokens around and between the texts", () => {
    const pair = layOutPair(template, ids);

    assert.deepEqual([...pair.inputIds], [101, 1, 2, 3, 102, 102, 7, 8, 102]);
    assert.deepEqual([...pair.typeIds], [0, 0, 0, 0, 0, 0, 1, 1, 1]);
    assert.equal(pair.prefixTokens, 6);
  });

  test("counts every special token of the template", () => {
    assert.equal(template.specialTokenCount, 4);
  });
});
