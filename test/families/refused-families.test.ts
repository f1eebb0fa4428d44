import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { onnxBytes } from "../fakes/onnx-bytes.ts";
import { runProgram } from "../run-program.ts";
import { fixtureOf } from "./families.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A folder that is refused: a fixture, and what is changed in it. */
interface RefusedFolder {
  readonly title: string;
  /** The family whose folder it is. Default: `bert-two-labels`. */
  readonly family?: string;
  /** Fields of config.json; undefined removes one. */
  readonly config?: Fields;
  /** The graph. Default: the fixture's. */
  readonly graph?: Uint8Array;
  /** What becomes of tokenizer.json. */
  readonly tokenizer?: (text: string) => string;
  /** Files that are not there. */
  readonly without?: readonly string[];
  readonly flags?: readonly string[];
  readonly message: RegExp;
  readonly hint: RegExp;
}

const family = (architecture: string, modelType: string): Fields => ({
  architectures: [architecture],
  model_type: modelType,
});
const served = /choose a cross-encoder with one output/;
const past = ["input_ids", "attention_mask", "position_ids", "past_key_values.0.key"];

const folders: readonly RefusedFolder[] = [
  {
    title: "jina-reranker-v3",
    config: family("JinaForRanking", "qwen3"),
    message: /cannot be served: it reads all documents of a request in one text/,
    hint: served,
  },
  {
    title: "jina-reranker-m0 and Qwen3-VL-Reranker",
    config: family("JinaVLForRanking", "qwen2_vl"),
    message: /cannot be served: it reads images as well/,
    hint: served,
  },
  {
    title: "bge-reranker-v2-minicpm-layerwise",
    config: family("LayerWiseMiniCPMForCausalLM", "minicpm"),
    message: /cannot be served: it needs its authors' own code/,
    hint: served,
  },
  {
    title: "bge-reranker-v2.5-gemma2-lightweight",
    config: family("CostWiseGemmaForCausalLM", "cost_wise_gemma"),
    message: /cannot be served: it needs its authors' own code/,
    hint: served,
  },
  {
    title: "monoT5",
    config: family("T5ForConditionalGeneration", "t5"),
    message: /cannot be served: it is an encoder and a decoder/,
    hint: served,
  },
  {
    title: "two labels of which nobody chose one",
    message: /has 2 labels per pair.*; a reranker has 1/,
    hint: /--positive-label/,
  },
  {
    title: "a classifier of three labels",
    config: { id2label: { 0: "contradiction", 1: "entailment", 2: "neutral" } },
    graph: onnxBytes({ outputShape: ["batch", 3] }),
    message: /has 3 labels per pair: contradiction, entailment, neutral; it is a classifier/,
    hint: /choose a cross-encoder/,
  },
  {
    title: "a language model without a template",
    family: "qwen3-reranker",
    without: ["rerankd.json"],
    message: /was made from a language model, and it is not known which text/,
    hint: /--template \(qwen3-reranker, /,
  },
  {
    title: "a language model without a padding token",
    family: "qwen3-reranker",
    config: { pad_token_id: undefined },
    message: /`pad_token_id` must be a token's number, got: nothing/,
    hint: /exported with/,
  },
  {
    title: "a folder without an ONNX file",
    without: ["onnx"],
    flags: ["--dtype=auto"],
    message: /has no ONNX file/,
    hint: /./,
  },
  {
    title: "a causal language model whose template has no words for an answer",
    family: "qwen3-causal",
    flags: ["--dtype=fp32", "--template=llama-nemotron-rerank"],
    message: /is a causal language model, .* it is not known which words are the score/,
    hint: /--template \(qwen3-reranker, mxbai-rerank-v2, .*rerankd-export/,
  },
  {
    title: "a causal language model whose tokenizer lacks the words",
    family: "qwen3-causal",
    flags: ["--dtype=fp32", "--template=mxbai-rerank-v2"],
    tokenizer: (text) => text.replace('"1":', '"one":'),
    message: /it has no token `1`, whose logit is the model's score/,
    hint: /--template/,
  },
  {
    title: "a causal graph whose logits cannot be made fewer",
    family: "qwen3-reranker",
    graph: onnxBytes({
      inputs: past,
      outputShape: ["batch", "sequence", "vocabulary"],
      nodes: [{ operator: "ConstantOfShape", inputs: ["W"] }],
      tensors: [
        { type: 7, dims: [3], raw: new Uint8Array(new BigInt64Array([1n, 1n, 8n]).buffer) },
      ],
    }),
    message:
      /logits of its whole vocabulary at every position.*, and its graph cannot be changed: its logits are no product/,
    hint: /rerankd-export/,
  },
];

async function makeFolder(
  context: TestContext,
  { family: name = "bert-two-labels", config, graph, tokenizer, without = [] }: RefusedFolder,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "refused-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await cp(fixtureOf(name), folder, { recursive: true });
  const path = join(folder, "config.json");
  const fields = { ...JSON.parse(await readFile(path, "utf8")), ...config };
  await writeFile(path, JSON.stringify(fields));
  const tokenizerPath = join(folder, "tokenizer.json");
  if (tokenizer !== undefined) {
    await writeFile(tokenizerPath, tokenizer(await readFile(tokenizerPath, "utf8")));
  }
  if (graph !== undefined) await writeFile(join(folder, "onnx", "model.onnx"), graph);
  for (const file of without) await rm(join(folder, file), { recursive: true });
  return folder;
}

suite("a folder that cannot be served is refused with one sentence and what to do", () => {
  for (const refused of folders) {
    test(refused.title, async (context) => {
      const folder = await makeFolder(context, refused);
      const flags = refused.flags ?? ["--dtype=fp32"];

      const { code, stderr } = await runProgram([
        "serve",
        "--port=0",
        "--host=127.0.0.1",
        "--ui=off",
        "--log-format=json",
        `--model-id=${folder}`,
        ...flags,
      ]);

      assert.equal(code, 1, stderr);
      const words = stderr.split("\n").filter((line) => !line.startsWith("{"));
      assert.match(words.find((line) => line.startsWith("error: ")) ?? stderr, refused.message);
      assert.match(words.find((line) => line.startsWith("hint: ")) ?? stderr, refused.hint);
    });
  }
});
