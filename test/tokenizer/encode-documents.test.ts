import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { chunkTexts } from "../../src/tokenizer/encode-documents.ts";

suite("chunkTexts()", () => {
  const long = "x".repeat(20_000);
  const cases = [
    { title: "makes no chunk of no texts", texts: [], sizes: [] },
    { title: "makes one chunk of a few texts", texts: ["a", "", "c"], sizes: [3] },
    { title: "cuts after 16 texts", texts: new Array(40).fill("a"), sizes: [16, 16, 8] },
    { title: "cuts before 32,768 code units are passed", texts: [long, long, "a"], sizes: [1, 2] },
    { title: "fills a chunk to the last code unit", texts: [long, "x".repeat(12_768)], sizes: [2] },
    {
      title: "gives a longer text a chunk of its own",
      texts: ["a", long + long, "b"],
      sizes: [1, 1, 1],
    },
  ];
  for (const { title, texts, sizes } of cases) {
    test(title, () => {
      const chunks = chunkTexts(texts);

      assert.deepEqual(
        chunks.map((chunk) => chunk.texts.length),
        sizes,
      );
      for (const { first, texts: part } of chunks) {
        assert.deepEqual(part, texts.slice(first, first + part.length));
      }
    });
  }
});
