import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FakeHubModel } from "../fakes/hub-server.ts";
import { repositoryRoot } from "../golden/golden-cases.ts";

/** The tiny model whose tokenizer and graphs stand in for those of a published one. */
type StandIn = "tiny-bert" | "tiny-xlm-r";

/** A reranker as the hub has it: its names and configuration; weights are those of a tiny one. */
export interface PublishedModel {
  readonly id: string;
  readonly standIn: StandIn;
  /** config.json, key by key as it is published. */
  readonly config: object;
  readonly tokenizerConfig: object;
  /** ONNX files under their published names, by the graph that each one is. */
  readonly graphs: Readonly<Record<string, "model" | "model_fp16" | "model_quantized">>;
  readonly license?: string;
  /** What a server on a CPU with AVX-512 VNNI, on one with AVX2 and on one with neither takes. */
  readonly taken: readonly [vnni: string, avx2: string, other: string];
  /** What sentence-transformers applies. */
  readonly activation: "sigmoid" | "identity";
  /** Tokens that the published model reads; the stand-in's graph may read fewer. */
  readonly maxLength: number;
}

/** transformers.js' names. */
const transformersJs = {
  "onnx/model.onnx": "model",
  "onnx/model_bnb4.onnx": "model",
  "onnx/model_fp16.onnx": "model_fp16",
  "onnx/model_int8.onnx": "model_quantized",
  "onnx/model_q4.onnx": "model",
  "onnx/model_quantized.onnx": "model_quantized",
  "onnx/model_uint8.onnx": "model_quantized",
} as const;

/** sentence-transformers' names. */
const sentenceTransformers = {
  "onnx/model.onnx": "model",
  "onnx/model_O1.onnx": "model",
  "onnx/model_O2.onnx": "model",
  "onnx/model_O3.onnx": "model",
  "onnx/model_O4.onnx": "model_fp16",
  "onnx/model_qint8_arm64.onnx": "model_quantized",
  "onnx/model_qint8_avx512.onnx": "model_quantized",
  "onnx/model_qint8_avx512_vnni.onnx": "model_quantized",
  "onnx/model_quint8_avx2.onnx": "model_quantized",
} as const;

const xlmRoberta = {
  architectures: ["XLMRobertaForSequenceClassification"],
  bos_token_id: 0,
  eos_token_id: 2,
  id2label: { 0: "LABEL_0" },
  label2id: { LABEL_0: 0 },
  model_type: "xlm-roberta",
  pad_token_id: 1,
  type_vocab_size: 1,
};

const miniLm = {
  architectures: ["BertForSequenceClassification"],
  id2label: { 0: "LABEL_0" },
  label2id: { LABEL_0: 0 },
  max_position_embeddings: 512,
  model_type: "bert",
  pad_token_id: 0,
  sbert_ce_default_activation_function: "torch.nn.modules.linear.Identity",
  type_vocab_size: 2,
};

const bertTokenizer = {
  tokenizer_class: "BertTokenizer",
  do_lower_case: true,
  model_max_length: 512,
  strip_accents: null,
  tokenize_chinese_chars: true,
};

const xlmRobertaTokenizer = { tokenizer_class: "XLMRobertaTokenizer", model_max_length: 512 };

/** The mission's own model and the most used ones, most used first. */
export const publishedModels: readonly PublishedModel[] = [
  {
    id: "jinaai/jina-reranker-v2-base-multilingual",
    standIn: "tiny-xlm-r",
    // It has no `model_type`.
    config: {
      architectures: ["XLMRobertaForSequenceClassification"],
      auto_map: {
        AutoConfig: "configuration_xlm_roberta.XLMRobertaFlashConfig",
        AutoModelForSequenceClassification:
          "modeling_xlm_roberta.XLMRobertaForSequenceClassification",
      },
      hidden_size: 768,
      id2label: { 0: "LABEL_0" },
      label2id: { LABEL_0: 0 },
      max_position_embeddings: 1026,
      num_labels: 1,
      pad_token_id: 1,
      torch_dtype: "bfloat16",
      type_vocab_size: 1,
    },
    tokenizerConfig: { ...xlmRobertaTokenizer, model_max_length: 1024 },
    graphs: transformersJs,
    license: "cc-by-nc-4.0",
    taken: ["model_quantized", "model_quantized", "model_quantized"],
    activation: "sigmoid",
    maxLength: 1024,
  },
  {
    id: "cross-encoder/ms-marco-MiniLM-L6-v2",
    standIn: "tiny-bert",
    config: miniLm,
    tokenizerConfig: bertTokenizer,
    graphs: sentenceTransformers,
    license: "apache-2.0",
    taken: ["model_qint8_avx512_vnni", "model_quint8_avx2", "model"],
    activation: "identity",
    maxLength: 512,
  },
  {
    id: "onnx-community/bge-reranker-v2-m3-ONNX",
    standIn: "tiny-xlm-r",
    config: { ...xlmRoberta, max_position_embeddings: 8194 },
    tokenizerConfig: { ...xlmRobertaTokenizer, model_max_length: 8192 },
    graphs: transformersJs,
    license: "apache-2.0",
    taken: ["model_quantized", "model_quantized", "model_quantized"],
    activation: "sigmoid",
    maxLength: 8192,
  },
  {
    id: "Xenova/ms-marco-MiniLM-L-6-v2",
    standIn: "tiny-bert",
    config: miniLm,
    tokenizerConfig: bertTokenizer,
    graphs: {
      "onnx/model.onnx": "model",
      "onnx/model_fp16.onnx": "model_fp16",
      "onnx/model_quantized.onnx": "model_quantized",
    },
    taken: ["model_quantized", "model_quantized", "model_quantized"],
    activation: "identity",
    maxLength: 512,
  },
  {
    id: "BAAI/bge-reranker-base",
    standIn: "tiny-xlm-r",
    config: { ...xlmRoberta, max_position_embeddings: 514 },
    tokenizerConfig: xlmRobertaTokenizer,
    graphs: { "onnx/model.onnx": "model" },
    license: "mit",
    taken: ["model", "model", "model"],
    activation: "sigmoid",
    maxLength: 512,
  },
  {
    id: "Alibaba-NLP/gte-reranker-modernbert-base",
    standIn: "tiny-bert",
    config: {
      architectures: ["ModernBertForSequenceClassification"],
      id2label: { 0: "LABEL_0" },
      max_position_embeddings: 8192,
      model_type: "modernbert",
      pad_token_id: 0,
    },
    tokenizerConfig: {
      tokenizer_class: "PreTrainedTokenizerFast",
      model_input_names: ["input_ids", "attention_mask"],
      model_max_length: 8192,
    },
    graphs: { ...transformersJs, "onnx/model_q4f16.onnx": "model" },
    license: "apache-2.0",
    taken: ["model_quantized", "model_quantized", "model_quantized"],
    activation: "sigmoid",
    maxLength: 8192,
  },
];

/** Returns a published model as the stand-in for the hub serves it. */
export function hubModelOf(published: PublishedModel): FakeHubModel {
  const { id, standIn, config, tokenizerConfig, graphs, license } = published;
  const fixture = (path: string): Buffer =>
    readFileSync(fileURLToPath(new URL(`test/fixtures/${standIn}/${path}`, repositoryRoot)));
  const onnx = Object.entries(graphs).map(([path, graph]) => [path, fixture(`onnx/${graph}.onnx`)]);
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value, undefined, 2));
  const card = license === undefined ? "" : `---\nlicense: ${license}\n---\n`;
  const own = JSON.parse(fixture("tokenizer_config.json").toString("utf8"));
  return {
    id,
    commit: Buffer.from(id.padEnd(20, "#").slice(0, 20)).toString("hex"),
    files: {
      "README.md": Buffer.from(`${card}# ${id}\n`),
      "config.json": json(config),
      "model.safetensors": Buffer.from("PyTorch's weights"),
      "special_tokens_map.json": json({}),
      "tokenizer.json": fixture("tokenizer.json"),
      "tokenizer_config.json": json({ ...own, ...tokenizerConfig }),
      ...Object.fromEntries(onnx),
    },
    largeFiles: ["model.safetensors", ...Object.keys(graphs)],
  };
}
