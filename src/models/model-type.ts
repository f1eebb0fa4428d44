import { StartupError } from "../errors.ts";
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
 * tokenizer's class implies it; "" if nothing states it. Published folders lack `model_type`, that
 * of jina-reranker-v2 among them.
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

/** A family of rerankers that cannot be served: how it is recognized, and why it is refused. */
interface RefusedFamily {
  /** Matches `model_type` or a name in `architectures`. */
  readonly pattern: RegExp;
  readonly why: string;
}

const refusedFamilies: readonly RefusedFamily[] = [
  {
    pattern: /^(JinaForRanking|JinaRerankerV3\w*|jina-?reranker-?v3\w*)/i,
    why: "it reads all documents of a request in one text, and not pair by pair",
  },
  {
    pattern: /^(Qwen2_?VL\w*|Qwen2_?5_?VL\w*|Qwen3_?VL\w*|JinaVL\w*)/i,
    why: "it reads images as well, which requests here do not carry",
  },
  {
    pattern: /^(LayerWise\w*|CostWise\w*|MiniCPM\w*)/i,
    why: "it needs its authors' own code, which chooses a layer or compresses tokens as it runs",
  },
  {
    pattern: /^(m?t5|T5ForConditionalGeneration|MT5ForConditionalGeneration|umt5)$/i,
    why: "it is an encoder and a decoder, whose score is the probability of a word",
  },
];

/**
 * Throws a StartupError with the reason if a model belongs to a family of rerankers that is known
 * not to work here.
 */
export function checkFamily(model: string, config: JsonObject): void {
  const architectures = Array.isArray(config.architectures) ? config.architectures : [];
  const names = [config.model_type, ...architectures].filter((name) => typeof name === "string");
  const family = refusedFamilies.find(({ pattern }) => names.some((name) => pattern.test(name)));
  if (family === undefined) return;
  throw new StartupError(`\`${model}\` cannot be served: ${family.why}`, {
    hint: "choose a cross-encoder with one output; docs/models.md lists families that work",
  });
}
