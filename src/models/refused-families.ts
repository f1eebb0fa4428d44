import { StartupError } from "../errors.ts";
import type { JsonObject } from "./read-model-file.ts";

/** Rerankers that are known and cannot be served: how to tell them, and why. */
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
