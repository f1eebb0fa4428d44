import { type EngineConfig, readEngineConfig } from "./engine-config.ts";
import { checkSetting } from "./options/option-value.ts";
import { options } from "./options/options.ts";
import { defaultValues, optionValuesOf, UsageError } from "./options/parse-options.ts";

/**
 * The settings of `loadReranker`: which model to run, on what, and within which limits. Every one
 * is optional. Defaults and limits are those of `rerankd serve`.
 */
export interface EngineSettings {
  /**
   * The model: its id on the Hugging Face hub, the path of a local folder, or `bundled` for the
   * model in this package. Default: `jinaai/jina-reranker-v2-base-multilingual` if it has
   * been downloaded before, else `bundled`.
   */
  readonly model?: string | undefined;
  /** Branch, tag or commit of a model on the hub. Default: `main`. */
  readonly revision?: string | undefined;
  /**
   * Number format of the weights: `fp32`, `fp16`, `int8`, `uint8`, `q4`, `q4f16`, `bnb4`, or `auto`
   * for int8 on a CPU and fp16 on a GPU, where the model has them. Default: `auto`.
   */
  readonly dtype?: string | undefined;
  /**
   * Path of the ONNX file to run, from the model's folder, such as `onnx/model_O3.onnx`. Default:
   * the one that fits `dtype` and `device`.
   */
  readonly onnxFile?: string | undefined;
  /**
   * For a model with two outputs: name or number (0 or 1) of the one that means "relevant".
   * Default: none, and such a model is refused.
   */
  readonly positiveLabel?: string | undefined;
  /**
   * Prompt template of a model made from a language model: `qwen3-reranker`, `mxbai-rerank-v2`,
   * `bge-reranker-v2-gemma`, `llama-nemotron-rerank`, `zerank`, or `none`. Default: what the
   * model's files say or its id is known to need.
   */
  readonly template?: string | undefined;
  /**
   * The text that the model reads for a query, in place of a template: `{query}` in it is replaced
   * by the query, and `{instruction}`, which may be left out, by the instruction. Default: the
   * template's, or the query alone where only `documentTemplate` is set.
   */
  readonly queryTemplate?: string | undefined;
  /**
   * The text that the model reads for a document, in place of a template: `{document}` in it is
   * replaced by the document. Default: the template's, or the document alone where only
   * `queryTemplate` is set.
   */
  readonly documentTemplate?: string | undefined;
  /**
   * What the model is told to look for when a request has no instruction of its own, for templates
   * with `{instruction}`. Default: the template's own.
   */
  readonly instruction?: string | undefined;
  /**
   * The function that turns the model's logit into a score: `sigmoid` (0 to 1), `model` for the one
   * that the model's authors apply, `none` for the logit itself, or `auto`, which means `sigmoid`
   * here. Default: `auto`.
   */
  readonly activation?: string | undefined;
  /**
   * What the model runs on: `cpu`, `cuda`, `webgpu`, or `auto` for CUDA where it works, else the
   * CPU. Default: `auto`.
   */
  readonly device?: string | undefined;
  /**
   * Most tokens of a query together with one document; longer pairs are cut. Default: 512, or the
   * model's own limit if that is lower.
   */
  readonly maxLength?: number | undefined;
  /**
   * Threads that each worker computes with on a CPU; 0 for as many as suit the model and leave each
   * core one thread. Default: 0.
   */
  readonly threads?: number | undefined;
  /**
   * Copies of the model that run side by side, each with its weights in memory; `auto` or 0 for as
   * many as suit the model, the cores and the memory, which is one where `threads` is set. Default:
   * `auto`.
   */
  readonly workers?: number | "auto" | undefined;
  /**
   * Whether the workers' threads keep their cores busy while they wait for the next operation,
   * which makes a CPU 10 to 30% faster; `false` leaves the cores to other programs meanwhile.
   * Default: `true`.
   */
  readonly spinning?: boolean | undefined;
  /**
   * Memory, in megabytes, for the scores of pairs that were ranked before, so that they need not be
   * computed again. Default: 0, no scores are kept.
   */
  readonly cacheMb?: number | undefined;
  /** Most documents in one request. Default: 10,000. */
  readonly maxDocuments?: number | undefined;
  /** Longest document in UTF-16 code units, the unit of `string.length`. Default: 1,000,000. */
  readonly maxDocumentChars?: number | undefined;
  /** Longest query in UTF-16 code units, the unit of `string.length`. Default: 32,768. */
  readonly maxQueryChars?: number | undefined;
  /**
   * Most tokens of all requests that wait to be computed; a request that would exceed it is
   * rejected with `resource_exhausted`. Default: 2,000,000.
   */
  readonly maxQueueTokens?: number | undefined;
  /**
   * Longest time, in milliseconds, that a request without a time-out may be expected to wait for
   * earlier ones; beyond it the request is rejected with `resource_exhausted` at once. Default:
   * 5,000.
   */
  readonly maxQueueMs?: number | undefined;
  /**
   * Most tokens that the model computes in one run, padding included. Default: 1,024 on a CPU, up
   * to 2,048 for small models; 16,384 on a GPU.
   */
  readonly maxBatchTokens?: number | undefined;
}

/**
 * Checks settings as the options of `serve` are checked. Environment variables have no part in it.
 * Throws UsageError with every problem at once, each under its setting's name.
 */
export function parseEngineSettings(settings: EngineSettings): EngineConfig {
  const given = new Map<string, unknown>(Object.entries(settings));
  const values = defaultValues();
  const problems: string[] = [];
  for (const option of options) {
    const { setting, flag } = option;
    if (setting === undefined) continue;
    const value = given.get(setting);
    given.delete(setting);
    if (value === undefined) continue;
    const checked = checkSetting(option, value);
    if (checked.problem === undefined) values.set(flag, checked.value);
    else problems.push(`\`${setting}\` ${checked.problem}`);
  }
  for (const name of given.keys()) problems.push(`\`${name}\` is not an option`);
  if (problems.length > 0) throw new UsageError(problems);
  return Object.freeze(readEngineConfig(optionValuesOf(values)));
}
