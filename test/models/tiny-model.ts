import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import type { FakeHubModel } from "../fakes/hub-server.ts";
import { onnxBytes } from "../fakes/onnx-bytes.ts";

/** A commit hash. */
export const tinyCommit = "4d3c2b1a".repeat(5);

/** Large enough that a cut leaves a part, in bytes. */
const weightsBytes = 200_000;

/** The config.json of a small XLM-RoBERTa reranker with 1,024 usable positions. */
export const tinyConfig = {
  model_type: "xlm-roberta",
  max_position_embeddings: 1026,
  pad_token_id: 1,
  id2label: { "0": "LABEL_0" },
};

/** Returns bytes that look like weights and differ by `seed`. */
function fakeWeights(seed: number): Buffer {
  return Buffer.from(
    Uint32Array.from({ length: weightsBytes / 4 }, (_, i) => (i + seed) * 2654435761).buffer,
  );
}

/** Returns an ONNX file whose weights differ by `seed`, of an element type by its number. */
export function fakeGraph(seed: number, type = 1): Buffer {
  const raw = fakeWeights(seed);
  const dims = [type === 1 ? raw.length / 4 : raw.length];
  const nodes = [{ operator: type === 1 ? "MatMul" : "MatMulInteger" }];
  return onnxBytes({ nodes, tensors: [{ type, dims, raw }] });
}

/**
 * The files of a small model that has int8 and fp32 weights, and some that a server has no use for.
 */
export function tinyModelFiles(): Record<string, Buffer> {
  return {
    ".gitattributes": Buffer.from("*.onnx filter=lfs\n"),
    "README.md": Buffer.from("---\nlanguage: ko\nlicense: apache-2.0\n---\n# Tiny\n"),
    "config.json": Buffer.from(JSON.stringify(tinyConfig)),
    "model.safetensors": fakeWeights(3),
    "onnx/model.onnx": fakeGraph(1),
    "onnx/model_quantized.onnx": fakeGraph(2, 3),
    "tokenizer.json": Buffer.from('{"version":"1.0","model":{"type":"Unigram"}}\n'),
    "tokenizer_config.json": Buffer.from('{"model_max_length":1024}'),
  };
}

/** The small model as the stand-in for the hub serves it. */
export function tinyHubModel(change: Partial<FakeHubModel> = {}): FakeHubModel {
  return {
    id: "owner/tiny",
    commit: tinyCommit,
    files: tinyModelFiles(),
    largeFiles: ["onnx/model.onnx", "onnx/model_quantized.onnx", "model.safetensors"],
    ...change,
  };
}

/** Makes a folder that goes away with the test. */
export async function makeTempFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rerankd-models-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files below a folder, making the folders between. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}
