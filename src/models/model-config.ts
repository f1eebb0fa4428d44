import { join } from "node:path";
import { StartupError } from "../errors.ts";
import type { OnnxFile } from "../onnx/onnx-file.ts";
import { isCausalGraph } from "./causal-model.ts";
import { configFile, tokenizerConfigFile } from "./model-files.ts";
import { hasPositionOffset, isDecoder, readModelType } from "./model-type.ts";
import { type JsonObject, readJsonObject } from "./read-model-file.ts";

/** The facts about a model that its files state and the server uses. */
export interface ModelConfig {
  /**
   * The longest input in tokens, special tokens included, that the model can read; undefined where
   * neither tokenizer, positions nor graph say.
   */
  readonly maxPositionTokens: number | undefined;
  /** The architecture, for example `xlm-roberta`; "" where it is unknown. */
  readonly modelType: string;
  /** The token id that fills a row after its last token; undefined where config.json has none. */
  readonly padTokenId: number | undefined;
  /**
   * Whether the graph looks for the last token that is not `padTokenId`, as that of a reranker does
   * which was made from a language model.
   */
  readonly isDecoder: boolean;
  /** Whether the graph is that of a whole language model, with a logit for each word. */
  readonly isCausal: boolean;
  /** The position of a row's first token. */
  readonly firstPosition: number;
  /** The length of a token's vector; undefined where config.json does not tell. */
  readonly width: number | undefined;
  /** What config.json says of the tokenizer. */
  readonly tokenizer: { readonly className: string | undefined; readonly modelType: string };
  /** The name of each output; empty where config.json does not name them. */
  readonly labels: readonly string[];
  /** The licence as the model's card or hub page names it, for example `cc-by-nc-4.0`. */
  readonly license?: string;
}

/** The files of a folder that describe a model, parsed. */
export interface ModelFolder {
  /** config.json. */
  readonly config: JsonObject;
  /** tokenizer_config.json; empty if there is none. */
  readonly tokenizerConfig: JsonObject;
}

/** The padding id of the architectures with an offset, where config.json does not say. */
const offsetPadTokenId = 1;

/** Tokenizers without a limit say 1e30; no text model has this many positions. */
const maxSaneTokens = 10_000_000;

/** Names of the number of positions, as architectures spell it. */
const positionKeys = ["max_position_embeddings", "n_positions", "max_sequence_length", "n_ctx"];

/** Names of the length of a token's vector, as architectures spell it. */
const widthKeys = ["hidden_size", "d_model", "dim", "n_embd"];

/** Position embeddings in a graph, by the names that PyTorch gives them. */
const positionTable = /(^|\.)(position_embeddings|embed_positions|wpe)\.weight$/;

/** Reads config.json, and tokenizer_config.json if it is there. Throws a StartupError for neither. */
export async function readModelFolder(
  directory: string,
  hasTokenizerConfig: boolean,
): Promise<ModelFolder> {
  return {
    config: await readJsonObject(directory, configFile),
    tokenizerConfig: hasTokenizerConfig ? await readJsonObject(directory, tokenizerConfigFile) : {},
  };
}

/**
 * Returns what a folder and its graph state about a model. A missing field is replaced by another
 * that implies it; one that contradicts its meaning throws a StartupError that names the file and
 * the key.
 */
export function readModelConfig(
  directory: string,
  { config, tokenizerConfig }: ModelFolder,
  graph: OnnxFile,
): ModelConfig {
  const path = join(directory, configFile);
  const modelType = readModelType(config, tokenizerConfig);
  const hasOffset = hasPositionOffset(modelType);
  const padTokenId = readPadTokenId(config, path) ?? (hasOffset ? offsetPadTokenId : undefined);
  const offset = hasOffset ? (padTokenId ?? offsetPadTokenId) + 1 : 0;
  const isCausal = isCausalGraph(graph, isDecoder(modelType));
  if (isDecoder(modelType) && !isCausal && padTokenId === undefined) {
    throw new StartupError(
      `${path}: \`pad_token_id\` must be a token's number, got: nothing; a graph of this type scores at the last token that is not padding`,
      { hint: "set it to the number of the token that the model was exported with" },
    );
  }
  const limits = [
    readTokenizerLimit(tokenizerConfig),
    readPositions(config, path, offset),
    ...graphPositions(graph, offset),
  ].filter((limit) => limit !== undefined);
  return {
    modelType,
    // A causal graph has a mask, so that any token will do.
    padTokenId: padTokenId ?? (isCausal ? 0 : undefined),
    isDecoder: isDecoder(modelType),
    isCausal,
    firstPosition: offset,
    width: readWidth(config),
    tokenizer: {
      className: typeof config.tokenizer_class === "string" ? config.tokenizer_class : undefined,
      modelType,
    },
    labels: readLabels(config),
    maxPositionTokens: limits.length === 0 ? undefined : Math.min(...limits),
  };
}

function readPadTokenId(config: JsonObject, path: string): number | undefined {
  const value = config.pad_token_id ?? undefined;
  // -1 stands for "none" in configurations of some language models.
  if (value === undefined || value === -1) return undefined;
  if (!isWhole(value)) throw badKey(path, "pad_token_id", "a whole number of 0 or more", value);
  return value;
}

/**
 * Returns the names of the outputs as `transformers` does: `id2label` counts, and `num_labels` only
 * without it.
 */
function readLabels({ id2label, num_labels: count }: JsonObject): readonly string[] {
  if (typeof id2label === "object" && id2label !== null) {
    return Object.entries(id2label)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([id, name]) => (typeof name === "string" ? name : `LABEL_${id}`));
  }
  return isWhole(count) ? Array.from({ length: count }, (_, id) => `LABEL_${id}`) : [];
}

function readTokenizerLimit(tokenizerConfig: JsonObject): number | undefined {
  const limit = tokenizerConfig.model_max_length ?? tokenizerConfig.max_len;
  return isWhole(limit) && limit > 0 && limit <= maxSaneTokens ? limit : undefined;
}

function readWidth(config: JsonObject): number | undefined {
  const values = widthKeys.map((name) => config[name]);
  return values.find((value) => isWhole(value) && value > 0) as number | undefined;
}

function readPositions(config: JsonObject, path: string, offset: number): number | undefined {
  const key = positionKeys.find((name) => (config[name] ?? undefined) !== undefined);
  const positions = key === undefined ? undefined : config[key];
  // Architectures without position embeddings write 0 or -1, and infinity is no limit either.
  if (key === undefined || positions === 0 || positions === -1) return undefined;
  if (positions === Number.POSITIVE_INFINITY) return undefined;
  if (!isWhole(positions) || positions <= offset) {
    throw badKey(path, key, `a whole number over ${offset}`, positions);
  }
  return positions - offset;
}

/** The rows of a learned table of positions: a longer input makes the graph fail. */
function graphPositions({ tensors }: OnnxFile, offset: number): number[] {
  return tensors
    .filter(({ name, dims }) => dims.length === 2 && positionTable.test(name))
    .flatMap(({ dims: [rows = 0] }) => (rows > offset ? [rows - offset] : []));
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function badKey(path: string, key: string, expected: string, value: unknown): StartupError {
  return new StartupError(
    `${path}: \`${key}\` must be ${expected}, got: \`${JSON.stringify(value)}\``,
    { hint: "correct the file, or choose another model" },
  );
}
