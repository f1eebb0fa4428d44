import assert from "node:assert/strict";
import { before, suite, test } from "node:test";

import { createTokenizer } from "../../src/tokenizer/hf-tokenizer.ts";
import type { Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import { assertGoldenEncoding, readGolden } from "../golden/golden-cases.ts";
import { fixturePath } from "./fixture-path.ts";

for (const name of ["tiny-xlm-r", "tiny-bert"]) {
  suite(`createTokenizer() over ${name}`, () => {
    const golden = readGolden(name);
    const { maxLength } = golden;
    let tokenizer: Tokenizer;

    before(async () => {
      tokenizer = await createTokenizer({ path: fixturePath(`${name}/tokenizer.json`) });
    });

    for (const goldenCase of golden.cases) {
      test(`gives Python's ids: ${goldenCase.name}`, async () => {
        const { query, document } = goldenCase;

        const encodings = await tokenizer.encodePairs(query, [document], { maxLength });

        assertGoldenEncoding(encodings[0], goldenCase);
      });
    }

    test("has golden cases of every kind of truncation", () => {
      const kinds = new Set(
        golden.cases.map(({ fullTokens, keptTokens }) =>
          [keptTokens[0] < fullTokens[0], keptTokens[1] < fullTokens[1]].join(),
        ),
      );
      assert.equal(kinds.size, 4);
    });
  });
}
