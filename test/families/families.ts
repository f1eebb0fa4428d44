import { readdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../server-process.ts";

/** A family of models that has a fixture. */
export interface Family {
  /** The fixture's folder in test/fixtures/families. */
  readonly name: string;
  /** What the family is called. */
  readonly title: string;
  /** Models of the hub that belong to it. */
  readonly models: string;
}

/** The families, most used first. */
export const families: readonly Family[] = [
  {
    name: "xlm-roberta-flash",
    title: "XLM-RoBERTa without `model_type`",
    models: "jina-reranker-v2",
  },
  {
    name: "bert-uncased",
    title: "BERT, uncased",
    models: "ms-marco-MiniLM and TinyBERT, jina-reranker-v1",
  },
  {
    name: "bert-cased-without-types",
    title: "BERT, cased, without token types",
    models: "msmarco-en-de and other conversions",
  },
  {
    name: "xlm-roberta",
    title: "XLM-RoBERTa",
    models: "bge-reranker base, large and v2-m3, mmarco",
  },
  { name: "modernbert", title: "ModernBERT", models: "gte-reranker-modernbert, granite-reranker" },
  { name: "ettin", title: "ModernBERT with modules", models: "ettin-reranker, exported" },
  { name: "gte-new", title: "GTE `new`", models: "gte-multilingual-reranker" },
  { name: "deberta-v2", title: "DeBERTa v2 and v3", models: "mxbai-rerank v1" },
  { name: "roberta", title: "RoBERTa", models: "stsb-roberta, quora-roberta" },
  { name: "electra", title: "ELECTRA", models: "ms-marco-electra" },
  { name: "mpnet", title: "MPNet", models: "fine-tunes of all-mpnet" },
  { name: "distilbert", title: "DistilBERT", models: "distilled cross-encoders" },
  { name: "albert", title: "ALBERT", models: "albert cross-encoders" },
  { name: "qwen3-reranker", title: "Qwen3, converted", models: "Qwen3-Reranker, exported" },
  {
    name: "qwen3-causal",
    title: "Qwen3, causal, keys and values",
    models: "Qwen3-Reranker, as Optimum exports it",
  },
  {
    name: "qwen3-causal-gqa",
    title: "Qwen3, causal, GroupQueryAttention",
    models: "onnx-community/Qwen3-Reranker-0.6B-ONNX",
  },
  { name: "qwen3-classifier", title: "Qwen3 classifier", models: "Qwen3-Reranker-seq-cls" },
  { name: "mxbai-rerank-v2", title: "Qwen2, converted", models: "mxbai-rerank v2, exported" },
  { name: "llama-nemotron", title: "Llama classifier", models: "llama-nemotron-rerank, exported" },
  { name: "bge-gemma", title: "Gemma, converted", models: "bge-reranker-v2-gemma, exported" },
  { name: "zerank", title: "Qwen3 with zerank's template", models: "zerank, exported" },
  {
    name: "bert-two-labels",
    title: "two labels",
    models: "monoBERT, amberoad, with `--positive-label`",
  },
];

/** Weights that a fixture may have, with the file of each. */
export const fixtureDtypes = {
  fp32: "model.onnx",
  fp16: "model_fp16.onnx",
  int8: "model_quantized.onnx",
} as const;

/** Weights of a fixture. */
export type FixtureDtype = keyof typeof fixtureDtypes;

/** Where the fixtures are, from the package's folder. */
export const fixturesFolder = "test/fixtures/families";

/** Returns the folder of a family's fixture. */
export function fixtureOf(name: string): string {
  return join(packageRoot, fixturesFolder, name);
}

/** Returns the weights that a family's fixture has. */
export function dtypesOf(name: string): FixtureDtype[] {
  const files = readdirSync(join(fixtureOf(name), "onnx"));
  return (Object.keys(fixtureDtypes) as FixtureDtype[]).filter((dtype) =>
    files.includes(fixtureDtypes[dtype]),
  );
}
