import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { openModel } from "../../src/models/open-model.ts";
import { templateOf } from "../../src/models/prompt/prompt-templates.ts";
import { type MadeOnnx, onnxBytes } from "../fakes/onnx-bytes.ts";
import { makeTempFolder, tinyModelFiles, writeFiles } from "./tiny-model.ts";

const causal: MadeOnnx = {
  inputs: ["input_ids", "attention_mask", "past_key_values.0.key"],
  outputShape: ["batch", "sequence", 100],
};

async function open(context: TestContext, graph: MadeOnnx, config: object = {}) {
  const directory = await makeTempFolder(context);
  await writeFiles(directory, {
    ...tinyModelFiles(),
    "config.json": JSON.stringify({ model_type: "qwen3", ...config }),
    "rerankd.json": JSON.stringify({ template: "qwen3-reranker" }),
    "onnx/model.onnx": onnxBytes({ nodes: [{ operator: "MatMul" }], ...graph }),
  });
  return await openModel({ name: "tiny", directory, dtype: "fp32", device: "cpu" });
}

suite("openModel() with a causal graph", () => {
  test("names the words of the answer, and needs no token to pad with", async (context) => {
    const { config, causal: facts } = await open(context, causal);

    assert.equal(config.isCausal, true);
    assert.equal(config.padTokenId, 0);
    assert.deepEqual(facts, { answerWords: ["yes", "no"], answersLast: false });
  });

  test("knows one without keys and values by its logits", async (context) => {
    const { inputs: _, ...graph } = causal;

    assert.equal((await open(context, graph)).config.isCausal, true);
  });

  for (const [title, graph] of [
    ["an input for it", { ...causal, inputs: [...(causal.inputs ?? []), "num_logits_to_keep"] }],
    ["the shape of its logits", { ...causal, outputShape: ["batch", 1, 100] }],
  ] as const) {
    test(`knows a graph that answers at its last position by ${title}`, async (context) => {
      assert.equal((await open(context, graph)).causal?.answersLast, true);
    });
  }

  test("computes rows one by one where attention takes no more", async (context) => {
    const attention = { operator: "GroupQueryAttention", domain: "com.microsoft" };
    const grouped = await open(context, { ...causal, nodes: [attention] });

    assert.deepEqual([grouped.rowByRow, (await open(context, causal)).rowByRow], [true, false]);
  });

  test("leaves a classifier of tokens what it is", async (context) => {
    const { inputs: _, ...graph } = causal;
    const config = { model_type: "bert", pad_token_id: 0 };

    assert.equal((await open(context, graph, config)).config.isCausal, false);
  });
});

test("the published causal graph of Qwen3-Reranker has its template", () => {
  assert.equal(templateOf("onnx-community/Qwen3-Reranker-0.6B-ONNX"), "qwen3-reranker");
});
