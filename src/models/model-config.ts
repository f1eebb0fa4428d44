import { join } from "node:path";
import { StartupError } from "../errors.ts";
import { configFile, tokenizerConfigFile } from "./model-files.ts";
import { type JsonObject, readJsonObject } from "./read-model-file.ts";

/** What the server needs to know of a model. */
export interface ModelConfig {
  /** The longest input in tokens, special tokens included, that the model has positions for. */
  readonly maxPositionTokens: number;
  /** The architecture, for example `xlm-roberta`. */
  readonly modelType: string;
  /** The token id that fills a row after its last token. */
  readonly padTokenId: number;
  /** Outputs per pair; a reranker has 1. */
  readonly numLabels: number;
  /** The licence as the model's card or hub page names it, for example `cc-by-nc-4.0`. */
  readonly license?: string;
}

/**
 * Architectures that number positions from `pad_token_id + 1`, and so have that many positions
 * fewer to use.
 */
const offsetModelTypes = new Set([
  "camembert",
  "data2vec-text",
  "ibert",
  "longformer",
  "mpnet",
  "roberta",
  "roberta-prelayernorm",
  "xlm-roberta",
  "xlm-roberta-flash",
  "xlm-roberta-xl",
  "xmod",
]);

/** The padding id of `offsetModelTypes` where config.json does not say. */
const offsetModelPadTokenId = 1;

/** Tokenizers without a limit say 1e30; no text model has this many positions. */
const maxSaneTokens = 1_000_000;

/**
 * Reads config.json, and tokenizer_config.json if `hasTokenizerConfig`. Throws a StartupError that
 * names the file and the key at fault.
 */
export async function readModelConfig(
  directory: string,
  hasTokenizerConfig: boolean,
): Promise<ModelConfig> {
  const config = await readJsonObject(directory, configFile);
  const tokenizerConfig = hasTokenizerConfig
    ? await readJsonObject(directory, tokenizerConfigFile)
    : {};
  const path = join(directory, configFile);

  const modelType = config.model_type;
  if (typeof modelType !== "string" || modelType === "") {
    throw badKey(path, "model_type", "a name", modelType);
  }
  const hasOffset = offsetModelTypes.has(modelType);
  const padTokenId = readPadTokenId(config, path, hasOffset ? offsetModelPadTokenId : 0);
  const offset = hasOffset ? padTokenId + 1 : 0;
  return {
    modelType,
    padTokenId,
    numLabels: readNumLabels(config, path),
    maxPositionTokens: readMaxPositionTokens(config, path, offset, tokenizerConfig),
  };
}

function readPadTokenId(config: JsonObject, path: string, fallback: number): number {
  const value = config.pad_token_id ?? fallback;
  if (!isWhole(value)) throw badKey(path, "pad_token_id", "a whole number of 0 or more", value);
  return value;
}

function readNumLabels(config: JsonObject, path: string): number {
  const labels = config.id2label;
  const counted = typeof labels === "object" && labels !== null ? Object.keys(labels).length : 1;
  const key = config.num_labels === undefined ? "id2label" : "num_labels";
  const value = config.num_labels ?? counted;
  if (value === 1) return value;
  throw new StartupError(
    `${path}: \`${key}\` must be one label, as a reranker has, got: ${JSON.stringify(value)}`,
    { hint: "choose a cross-encoder with one output, a reranker" },
  );
}

function readMaxPositionTokens(
  config: JsonObject,
  path: string,
  offset: number,
  tokenizerConfig: JsonObject,
): number {
  const positions = config.max_position_embeddings ?? undefined;
  if (positions !== undefined && (!isWhole(positions) || positions <= offset)) {
    const expected = `a whole number over ${offset}`;
    throw badKey(path, "max_position_embeddings", expected, positions);
  }
  const tokenizerLimit = tokenizerConfig.model_max_length;
  const limits = [
    ...(positions === undefined ? [] : [positions - offset]),
    ...(isWhole(tokenizerLimit) && tokenizerLimit > 0 && tokenizerLimit <= maxSaneTokens
      ? [tokenizerLimit]
      : []),
  ];
  if (limits.length === 0) {
    throw badKey(path, "max_position_embeddings", "a whole number", positions);
  }
  return Math.min(...limits);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function badKey(path: string, key: string, expected: string, value: unknown): StartupError {
  const got = value === undefined ? "nothing" : `\`${JSON.stringify(value)}\``;
  return new StartupError(`${path}: \`${key}\` must be ${expected}, got: ${got}`, {
    hint: "fetch the model again, or choose another one",
  });
}
