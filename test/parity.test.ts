import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";

import { InferenceSession, Tensor } from "onnxruntime-node";
import { createTokenizer } from "../src/tokenizer/hf-tokenizer.ts";
import type { Encoding, Tokenizer } from "../src/tokenizer/tokenizer.ts";
import { readGolden, repositoryRoot } from "./golden/golden-cases.ts";

// Else the first session of the Linux build writes a database under the home folder.
process.env.ORT_DISABLE_TELEMETRY = "1";

/** How far a logit may be from Python's. */
const TOLERANCE = 1e-4;

/** Model folders, from the repository root; each has its test/golden/<name>.json. */
const models = [
  { name: "tiny-xlm-r", folder: "test/fixtures/tiny-xlm-r/" },
  { name: "tiny-bert", folder: "test/fixtures/tiny-bert/" },
];

for (const { name, folder } of models) {
  suite(`logits of ${name} agree with Python's`, () => {
    const { cases, maxLength, logitsFrom } = readGolden(name);
    let tokenizer: Tokenizer;
    let session: InferenceSession;

    before(async () => {
      const path = fileURLToPath(new URL(folder, repositoryRoot));
      const graph = logitsFrom === "model.safetensors" ? "onnx/model.onnx" : logitsFrom;
      tokenizer = await createTokenizer({ path: `${path}tokenizer.json` });
      session = await InferenceSession.create(`${path}${graph}`, { intraOpNumThreads: 1 });
    });
    after(() => session.release());

    for (const { name: title, query, document, logit = Number.NaN } of cases) {
      test(title, async () => {
        const [encoding] = await tokenizer.encodePairs(query, [document], { maxLength });
        assert(encoding);

        const actual = await run(session, encoding);

        assert(Math.abs(actual - logit) <= TOLERANCE, `got ${actual}, Python ${logit}`);
      });
    }
  });
}

async function run(session: InferenceSession, { inputIds, typeIds }: Encoding): Promise<number> {
  const rows: Record<string, BigInt64Array> = {
    input_ids: BigInt64Array.from(inputIds, BigInt),
    attention_mask: new BigInt64Array(inputIds.length).fill(1n),
    token_type_ids: BigInt64Array.from(typeIds, BigInt),
  };
  const feeds: Record<string, Tensor> = {};
  for (const input of session.inputNames) {
    const row = rows[input] ?? assert.fail(`the graph has an unknown input ${input}`);
    feeds[input] = new Tensor("int64", row, [1, row.length]);
  }
  const { logits } = await session.run(feeds);
  return Number(logits?.data[0]);
}
