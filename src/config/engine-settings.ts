import { type EngineConfig, readEngineConfig } from "./engine-config.ts";
import { checkSetting } from "./options/option-value.ts";
import { options } from "./options/options.ts";
import { defaultValues, optionValuesOf, UsageError } from "./options/parse-options.ts";

/**
 * The settings of `loadReranker`, for programs that load the engine. Defaults and limits are those
 * of `serve`.
 */
export interface EngineSettings {
  /**
   * Hub id, local folder, or `bundled`. Default: jina-reranker-v2 if it is in the cache, else
   * `bundled`.
   */
  readonly model?: string | undefined;
  /** Branch, tag or commit of a hub model. Default: main. */
  readonly revision?: string | undefined;
  /** `auto`, `fp32`, `fp16`, `int8`, …; default `auto`: int8 on a CPU, fp16 on a GPU. */
  readonly dtype?: string | undefined;
  /** Path of one ONNX file inside the model. Default: one is chosen by `dtype` and `device`. */
  readonly onnxFile?: string | undefined;
  /** Name or number of the output that means "relevant", of a model with two outputs. */
  readonly positiveLabel?: string | undefined;
  /** Name of a built-in template for pairs, or `none`. Default: as the model's files say. */
  readonly template?: string | undefined;
  /** The text that stands for a query, with `{query}` and perhaps `{instruction}` in it. */
  readonly queryTemplate?: string | undefined;
  /** The text that stands for a document, with `{document}` in it. */
  readonly documentTemplate?: string | undefined;
  /** What the model is told to look for where a request does not say. */
  readonly instruction?: string | undefined;
  /** `auto`, `sigmoid`, `model` or `none`; default `auto`, which is sigmoid here. */
  readonly activation?: string | undefined;
  /** `auto`, `cpu`, `cuda` or `webgpu`; default `auto`: CUDA where it works, else the CPU. */
  readonly device?: string | undefined;
  /** Longest pair in tokens. Default: 512, or the model's own limit if that is lower. */
  readonly maxLength?: number | undefined;
  /** Threads of one worker on a CPU. Default: 0, as many as suit the model. */
  readonly threads?: number | undefined;
  /**
   * Workers that run the model side by side, each with its weights; `auto` or 0: by model, cores and
   * memory, and one where `threads` is set. Default: `auto`.
   */
  readonly workers?: number | "auto" | undefined;
  /** Whether these threads keep their core busy between operations. Default: true. */
  readonly spinning?: boolean | undefined;
  /** Memory for scores of pairs that were asked for before. Default: 0, none are kept. */
  readonly cacheMb?: number | undefined;
  /** Most documents of one request. Default: 10,000. */
  readonly maxDocuments?: number | undefined;
  /** Longest document in UTF-16 units. Default: 1,000,000. */
  readonly maxDocumentChars?: number | undefined;
  /** Longest query in UTF-16 units. Default: 32,768. */
  readonly maxQueryChars?: number | undefined;
  /** Most tokens that may wait; requests beyond are `resource_exhausted`. Default: 2,000,000. */
  readonly maxQueueTokens?: number | undefined;
  /**
   * Longest expected wait for other requests in milliseconds; beyond, requests without a time-out
   * of their own are `resource_exhausted`. Default: 5,000.
   */
  readonly maxQueueMs?: number | undefined;
  /** Most padded tokens of one inference. Default: by device. */
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
