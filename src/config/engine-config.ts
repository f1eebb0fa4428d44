import type { OptionValues } from "./options/parse-options.ts";

/** The configuration of the engine, from `serve`, another command, or a program. */
export interface EngineConfig {
  /**
   * The model that was asked for; undefined: the default model if it is in the cache, else the
   * bundled one.
   */
  readonly modelId: string | undefined;
  /** The model's name in requests and answers; undefined: its hub id, or its folder's name. */
  readonly name: string | undefined;
  /** The model's share of the processor beside other models of the server, relative to theirs. */
  readonly weight: number;
  readonly revision: string | undefined;
  readonly servedModelNames: readonly string[];
  readonly dtype: string;
  readonly device: string;
  /** The path of one ONNX file inside the model; undefined: one is chosen. */
  readonly onnxFile: string | undefined;
  /** Name or number of the output that means "relevant", of a model with two. */
  readonly positiveLabel: string | undefined;
  /** The settings for the prompt around the texts of a pair. */
  readonly prompt: {
    /** A built-in template by name, or `none`; undefined: as the model's files say. */
    readonly template: string | undefined;
    readonly queryTemplate: string | undefined;
    readonly documentTemplate: string | undefined;
    /** The instruction where a request has none. */
    readonly instruction: string | undefined;
  };
  /** The function that turns a logit into a score: `auto`, `sigmoid`, `model` or `none`. */
  readonly activation: string;
  /**
   * Longest pair in tokens, as asked for; undefined: 512, or the model's own limit if that is
   * lower.
   */
  readonly maxLength: number | undefined;
  /** Threads of each worker; 0: as many as suit. */
  readonly threads: number;
  /** 0: as many as suit. */
  readonly workers: number;
  /** Whether inference threads keep their core busy between operations. */
  readonly spinning: boolean;
  /** Memory for scores of pairs that were asked for before; 0: none are kept. */
  readonly cacheMb: number;
  readonly maxDocuments: number;
  readonly maxDocumentChars: number;
  readonly maxQueryChars: number;
  readonly maxQueueTokens: number;
  readonly maxQueueMs: number;
  /** undefined: by device. */
  readonly maxBatchTokens: number | undefined;
}

/** Returns the engine's part of a command's options; what the command does not take is default. */
export function readEngineConfig(parsed: OptionValues): EngineConfig {
  const { text, integer } = parsed;
  return {
    modelId: parsed.list("model-id")[0],
    name: parsed.optionalText("name"),
    weight: integer("weight"),
    revision: parsed.optionalText("revision"),
    servedModelNames: parsed.list("served-model-name"),
    dtype: text("dtype"),
    device: text("device"),
    onnxFile: parsed.optionalText("onnx-file"),
    positiveLabel: parsed.optionalText("positive-label"),
    activation: text("activation"),
    prompt: {
      template: parsed.optionalText("template"),
      queryTemplate: parsed.optionalText("query-template"),
      documentTemplate: parsed.optionalText("document-template"),
      instruction: parsed.optionalText("instruction"),
    },
    maxLength: parsed.optionalNumber("max-length"),
    threads: integer("threads"),
    workers: integer("workers"),
    spinning: text("spinning") === "on",
    cacheMb: integer("cache-mb"),
    maxDocuments: integer("max-documents"),
    maxDocumentChars: integer("max-document-chars"),
    maxQueryChars: integer("max-query-chars"),
    maxQueueTokens: integer("max-queue-tokens"),
    maxQueueMs: integer("max-queue-ms"),
    maxBatchTokens: parsed.optionalNumber("max-batch-tokens"),
  };
}
