import type { ModelFolder } from "./model-config.ts";
import { type JsonObject, readJsonObject } from "./read-model-file.ts";

/** The activation that a model's authors apply to its logit. */
export type ModelActivation = "sigmoid" | "identity" | "tanh";

/** The activation that the files of a model state. */
export interface ActivationFacts {
  readonly activation: ModelActivation;
  /** What the operator should know, in one sentence: an activation that is not known here. */
  readonly note?: string;
}

/** sentence-transformers' settings of a model that is made of modules. */
const sentenceTransformersFile = "config_sentence_transformers.json";

/** The end of a path in `torch.nn`, and what it computes of one logit. */
const activations: Readonly<Record<string, ModelActivation>> = {
  Identity: "identity",
  Sigmoid: "sigmoid",
  Tanh: "tanh",
};

const torchPath = /^torch\.nn\.(?:modules\.\w+\.)?(\w+)$/;

/**
 * Reads sentence-transformers' settings where they count: beside modules.json. Throws a
 * StartupError if the file cannot be read.
 */
export async function readSentenceTransformersConfig(
  directory: string,
  present: readonly string[],
): Promise<JsonObject> {
  const counts = present.includes("modules.json") && present.includes(sentenceTransformersFile);
  return counts ? await readJsonObject(directory, sentenceTransformersFile) : {};
}

/**
 * Returns the activation that sentence-transformers' CrossEncoder applies: that of its own settings,
 * else that of config.json as its versions 4 and 5 wrote it, else as earlier ones did, else sigmoid.
 * One that is not known counts as sigmoid, with a note; so does softmax, which over the one logit of
 * a reranker is 1 for every document.
 */
export function readModelActivation(
  { config }: ModelFolder,
  sentenceTransformers: JsonObject,
): ActivationFacts {
  const nested = config.sentence_transformers;
  const inConfig =
    typeof nested === "object" && nested !== null
      ? (nested as JsonObject).activation_fn
      : undefined;
  const value =
    sentenceTransformers.activation_fn ??
    inConfig ??
    config.sbert_ce_default_activation_function ??
    undefined;
  if (value === undefined) return { activation: "sigmoid" };
  const [, name = ""] = typeof value === "string" ? (torchPath.exec(value) ?? []) : [];
  const activation = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (activation !== undefined) return { activation };
  const why =
    name === "Softmax" ? "which makes every score of one label 1" : "which is not known here";
  return {
    activation: "sigmoid",
    note: `the model names the activation ${JSON.stringify(value)}, ${why}; sigmoid stands for it`,
  };
}
