import { commandOptions } from "./command-options.ts";
import { fileOptions } from "./file-options.ts";
import { limitOptions } from "./limit-options.ts";
import {
  type Command,
  milliseconds,
  type Option,
  type OptionKind,
  onOff,
  onOffAuto,
} from "./option.ts";
import { securityOptions } from "./security-options.ts";
import { telemetryOptions } from "./telemetry-options.ts";

const text = { kind: "text" } as const;

/** The weights' types that a model file can be asked for by name. */
export const dtypes = ["auto", "fp32", "fp16", "int8", "uint8", "q4", "q4f16", "bnb4"] as const;

/** The names that PyTorch, text-embeddings-inference and vLLM have for the same types. */
const dtypeWords: Readonly<Record<string, string>> = {
  float32: "fp32",
  float: "fp32",
  float16: "fp16",
  half: "fp16",
};

const dtypeKind: OptionKind = {
  kind: "choice",
  choices: dtypes,
  normalize: (text) => dtypeWords[text] ?? text,
};

/** The values of `--device`. */
export const devices = ["auto", "cpu", "cuda", "webgpu"] as const;

/** The values of `--activation`. */
export const activations = ["auto", "sigmoid", "model", "none"] as const;

/** The templates that are built in, and the word for none. */
export const templates = [
  "none",
  "qwen3-reranker",
  "mxbai-rerank-v2",
  "bge-reranker-v2-gemma",
  "llama-nemotron-rerank",
  "zerank",
] as const;

/** The commands that run a model themselves. */
const engineCommands: readonly Command[] = ["serve", "rank", "eval", "mcp"];

/** Every option of every command: the one source of parsing, `--help` and the README's table. */
export const options: readonly Option[] = [
  {
    group: "Model",
    flag: "model-id",
    setting: "model",
    aliases: ["model"],
    env: ["RERANKER_MODEL", "MODEL_ID"],
    // The second one is of text-embeddings-inference, which serves one model.
    wholeEnv: ["MODEL_ID"],
    key: "id",
    value: "ID",
    type: { kind: "list" },
    single: ["rank", "eval", "mcp"],
    help: "hub id, local folder, or `bundled`; unset: jina-reranker-v2 if cached, else `bundled`. `serve` takes several (repeatable; comma-separated in the first variable), and `NAME=ID` for a name of one's own; the first answers requests that name none. With --url: one of the server's models, by name; unset: its first",
    helpInFile:
      "hub id, local folder, or `bundled`; unset: jina-reranker-v2 if cached, else `bundled`",
    commands: engineCommands,
  },
  {
    group: "Model",
    flag: "revision",
    setting: "revision",
    env: ["RERANKER_REVISION", "REVISION"],
    value: "REV",
    type: text,
    help: "branch, tag or commit of a hub model; unset: main",
    commands: ["serve", "pull", "rank", "eval", "mcp"],
  },
  {
    group: "Model",
    flag: "served-model-name",
    key: "aliases",
    env: ["RERANKER_SERVED_MODEL_NAME", "SERVED_MODEL_NAME"],
    value: "NAME",
    type: { kind: "list" },
    help: "additional name of the model in requests, of several that of the first (repeatable; comma-separated in env)",
    helpInFile: "additional names of the model in requests",
  },
  {
    group: "Model",
    flag: "dtype",
    setting: "dtype",
    env: ["RERANKER_DTYPE", "DTYPE"],
    value: "TYPE",
    type: dtypeKind,
    default: "auto",
    help: "weights: auto (int8 on cpu, fp16 on a gpu), fp32, fp16, int8, uint8, q4, q4f16, bnb4",
    commands: ["serve", "pull", "rank", "eval", "mcp"],
  },
  {
    group: "Model",
    flag: "device",
    setting: "device",
    env: ["RERANKER_DEVICE"],
    value: "DEVICE",
    type: { kind: "choice", choices: devices },
    default: "auto",
    help: "auto (cuda where it works, else cpu), cpu, cuda, webgpu",
    commands: ["serve", "pull", "rank", "eval", "mcp"],
  },
  {
    group: "Model",
    flag: "onnx-file",
    setting: "onnxFile",
    env: ["RERANKER_ONNX_FILE"],
    value: "PATH",
    type: text,
    help: "the ONNX file to use, inside the model, for example onnx/model_O3.onnx; unset: by dtype and device",
    commands: ["serve", "pull", "rank", "eval", "mcp"],
  },
  {
    group: "Model",
    flag: "activation",
    setting: "activation",
    env: ["RERANKER_ACTIVATION"],
    value: "HOW",
    type: { kind: "choice", choices: activations },
    default: "auto",
    help: "function from logit to score: sigmoid, model (that of the model's authors), none; auto: model in vLLM's score API, else sigmoid",
    commands: engineCommands,
  },
  {
    group: "Model",
    flag: "template",
    setting: "template",
    env: ["RERANKER_TEMPLATE"],
    value: "NAME",
    type: { kind: "choice", choices: templates },
    help: "prompt template of a model made from a language model; unset: as rerankd.json or the model's id says",
    commands: engineCommands,
  },
  {
    group: "Model",
    flag: "query-template",
    setting: "queryTemplate",
    env: ["RERANKER_QUERY_TEMPLATE"],
    value: "TEXT",
    type: text,
    help: "text to send for a query, with {query} and optionally {instruction} in it",
    commands: engineCommands,
  },
  {
    group: "Model",
    flag: "document-template",
    setting: "documentTemplate",
    env: ["RERANKER_DOCUMENT_TEMPLATE"],
    value: "TEXT",
    type: text,
    help: "text to send for a document, with {document} in it",
    commands: engineCommands,
  },
  {
    group: "Model",
    flag: "instruction",
    setting: "instruction",
    env: ["RERANKER_INSTRUCTION"],
    value: "TEXT",
    type: text,
    help: "default instruction, for templates with {instruction} in them",
    commands: engineCommands,
  },
  {
    group: "Model",
    flag: "positive-label",
    setting: "positiveLabel",
    env: ["RERANKER_POSITIVE_LABEL"],
    value: "LABEL",
    type: text,
    help: "for a model with two outputs: name or number of the one that means relevant",
    commands: engineCommands,
  },
  {
    group: "Model",
    flag: "max-length",
    setting: "maxLength",
    env: ["RERANKER_MAX_LENGTH"],
    value: "TOKENS",
    type: { kind: "integer", min: 8, max: 1_048_576 },
    help: "longest (query, document) pair; longer ones are cut; unset: 512",
    commands: engineCommands,
  },
  {
    group: "Model",
    flag: "threads",
    setting: "threads",
    env: ["RERANKER_THREADS"],
    value: "N",
    type: { kind: "integer", min: 0, max: 1024 },
    default: 0,
    help: "threads of one worker on cpu; 0: as many as suit the model, all workers together one for each core",
    commands: engineCommands,
  },
  {
    group: "Model",
    flag: "workers",
    setting: "workers",
    env: ["RERANKER_WORKERS"],
    value: "N",
    type: { kind: "integer", min: 0, max: 64, words: { auto: 0 } },
    default: 0,
    help: "workers that run the model side by side, each with its weights; auto or 0: by model, cores and memory, and one where --threads is set",
    commands: engineCommands,
  },
  {
    group: "Model",
    flag: "spinning",
    setting: "spinning",
    env: ["RERANKER_SPINNING"],
    value: "ON|OFF",
    type: onOff,
    default: "on",
    help: "on: 10 to 30% faster on cpu; off: leaves cores to others between operations",
    commands: engineCommands,
  },
  {
    group: "Model",
    flag: "cache-mb",
    setting: "cacheMb",
    env: ["RERANKER_CACHE_MB"],
    value: "MB",
    // A map of JavaScript has 2^24 entries at most, of which each takes 220 bytes.
    type: { kind: "integer", min: 0, max: 3_600 },
    default: 0,
    help: "memory for the cache of scores; 0: no cache",
  },
  {
    group: "Network",
    flag: "host",
    env: ["RERANKER_HOST"],
    value: "ADDRESS",
    type: text,
    default: "127.0.0.1",
    help: "address to listen on; 0.0.0.0 or :: for all",
    commands: ["serve", "health"],
  },
  {
    group: "Network",
    flag: "port",
    env: ["RERANKER_PORT", "PORT"],
    value: "PORT",
    type: { kind: "integer", min: 0, max: 65_535 },
    default: 7998,
    help: "port of all protocols; 0: any free one",
    commands: ["serve", "health"],
  },
  {
    group: "Network",
    flag: "drain-timeout-ms",
    env: ["RERANKER_DRAIN_TIMEOUT_MS"],
    value: "MS",
    type: milliseconds,
    default: 30_000,
    help: "how long running requests may take after SIGTERM or SIGINT",
  },
  {
    group: "Network",
    flag: "ui",
    env: ["RERANKER_UI"],
    value: "ON|OFF|AUTO",
    type: onOffAuto,
    default: "auto",
    help: "whether `GET /` answers with a page to try the server on, and `GET /docs` with its reference; auto: if it listens on loopback",
  },
  ...fileOptions,
  ...securityOptions,
  ...limitOptions,
  ...telemetryOptions,
  ...commandOptions,
];
