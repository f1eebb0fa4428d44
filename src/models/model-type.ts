import type { JsonObject } from "./read-model-file.ts";

/**
 * Architectures that number positions from `pad_token_id + 1`, and so have that many positions
 * fewer to use.
 */
const offsetTypes = new Set([
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

/** Language models that were made rerankers: they read a text from left to right. */
const decoderTypes = new Set([
  "cohere",
  "gemma",
  "gemma2",
  "gemma3_text",
  "gpt_neox",
  "granite",
  "llama",
  "llama_bidirec",
  "mistral",
  "olmo2",
  "phi",
  "phi3",
  "qwen2",
  "qwen3",
  "smollm3",
]);

/** Types of classes that are named otherwise. */
const classTypes: Readonly<Record<string, string>> = {
  jinabert: "bert",
};

/** Types whose class names spell them, but for capitals and hyphens. */
const knownTypes = [
  ...offsetTypes,
  ...decoderTypes,
  "albert",
  "bert",
  "convbert",
  "deberta",
  "deberta-v2",
  "distilbert",
  "electra",
  "ernie",
  "fnet",
  "mobilebert",
  "modernbert",
  "new",
  "nomic_bert",
  "squeezebert",
];

/** What follows the name of an architecture in the name of its class. */
const classEnding = /(For[A-Z]\w*|Model|LMHeadModel)$/;

/**
 * Returns a model's type as config.json states it, else as the class in `architectures[0]` or the
 * tokenizer's class implies it; "" if nothing tells. Published folders lack `model_type`, that of
 * jina-reranker-v2 among them.
 */
export function readModelType(config: JsonObject, tokenizerConfig: JsonObject): string {
  if (typeof config.model_type === "string" && config.model_type !== "") return config.model_type;
  const [architecture] = Array.isArray(config.architectures) ? config.architectures : [];
  for (const name of [architecture, tokenizerConfig.tokenizer_class]) {
    const type = typeof name === "string" ? typeOfClass(name) : "";
    if (type !== "") return type;
  }
  return "";
}

/** Returns whether an architecture numbers its positions from `pad_token_id + 1`. */
export function hasPositionOffset(modelType: string): boolean {
  return offsetTypes.has(modelType);
}

/** Returns whether a model of this type reads from left to right and is judged at its last token. */
export function isDecoder(modelType: string): boolean {
  return decoderTypes.has(modelType);
}

function typeOfClass(className: string): string {
  const bare = className.replace(/Tokenizer(Fast)?$/, "").replace(classEnding, "");
  if (bare === "PreTrained") return "";
  const plain = plainName(bare);
  const known = knownTypes.find((type) => plainName(type) === plain);
  return (
    known ?? classTypes[plain] ?? bare.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase()
  );
}

function plainName(name: string): string {
  return name.replaceAll(/[-_]/g, "").toLowerCase();
}
