import { type Environment, parseOptions, UsageError } from "./parse-options.ts";

/** Everything that `rerankd serve` can be told. Checked and frozen. */
export interface ServeConfig {
  /** What was asked for; undefined: decide by what is there. */
  readonly modelId: string | undefined;
  readonly revision: string | undefined;
  readonly servedModelNames: readonly string[];
  readonly dtype: string;
  readonly device: string;
  /**
   * Longest pair in tokens, as asked for; undefined: 512, or the model's own limit if that is
   * lower.
   */
  readonly maxLength: number | undefined;
  /** 0: one for each core. */
  readonly threads: number;
  /** Whether inference threads keep their core busy between operations. */
  readonly spinning: boolean;
  /** Memory for scores of pairs that were asked for before; 0: none are kept. */
  readonly cacheMb: number;
  readonly host: string;
  readonly port: number;
  /** Paths of PEM files; undefined: cleartext. */
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  readonly drainTimeoutMs: number;
  readonly maxBodyBytes: number;
  readonly maxDocuments: number;
  readonly maxDocumentChars: number;
  readonly maxQueryChars: number;
  readonly maxQueueTokens: number;
  readonly maxQueueMs: number;
  /** undefined: by device. */
  readonly maxBatchTokens: number | undefined;
  readonly maxConcurrentStreams: number;
  readonly maxStreamInFlight: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly logLevel: string;
  readonly logFormat: string;
}

/** What `rerankd pull` can be told. Checked and frozen. */
export interface PullConfig {
  readonly modelId: string;
  readonly revision: string | undefined;
  readonly dtype: string;
  readonly device: string;
}

/** A command's config, or the wish to see its help. */
export type Parsed<Config> =
  | { readonly help: true }
  | { readonly help: false; readonly config: Config };

/** Reads flags and environment of `rerankd serve`. Throws UsageError with every problem at once. */
export function parseServeConfig(argv: readonly string[], env: Environment): Parsed<ServeConfig> {
  const parsed = parseOptions("serve", argv, env);
  if (parsed.help) return { help: true };
  const problems = [...parsed.problems];
  const { text, integer } = parsed;
  for (const word of parsed.positionals)
    problems.push(`\`serve\` takes no argument, got: \`${word}\``);
  const certPath = parsed.optionalText("tls-cert");
  const keyPath = parsed.optionalText("tls-key");
  if (Boolean(certPath) !== Boolean(keyPath)) problems.push("--tls-cert and --tls-key go together");
  if (problems.length > 0) throw new UsageError(problems);

  return {
    help: false,
    config: Object.freeze({
      modelId: parsed.optionalText("model-id"),
      revision: parsed.optionalText("revision"),
      servedModelNames: parsed.names("served-model-name"),
      dtype: text("dtype"),
      device: text("device"),
      maxLength: parsed.isSet("max-length") ? integer("max-length") : undefined,
      threads: integer("threads"),
      spinning: text("spinning") === "on",
      cacheMb: integer("cache-mb"),
      host: text("host"),
      port: integer("port"),
      tls: certPath && keyPath ? { certPath, keyPath } : undefined,
      drainTimeoutMs: integer("drain-timeout-ms"),
      maxBodyBytes: integer("max-body-bytes"),
      maxDocuments: integer("max-documents"),
      maxDocumentChars: integer("max-document-chars"),
      maxQueryChars: integer("max-query-chars"),
      maxQueueTokens: integer("max-queue-tokens"),
      maxQueueMs: integer("max-queue-ms"),
      maxBatchTokens: parsed.optionalInteger("max-batch-tokens"),
      maxConcurrentStreams: integer("max-concurrent-streams"),
      maxStreamInFlight: integer("max-stream-in-flight"),
      headersTimeoutMs: integer("headers-timeout-ms"),
      requestTimeoutMs: integer("request-timeout-ms"),
      idleTimeoutMs: integer("idle-timeout-ms"),
      logLevel: text("log-level"),
      logFormat: text("log-format"),
    }),
  };
}

/**
 * Reads flags and environment of `rerankd pull ID`. Throws UsageError with every problem at once.
 */
export function parsePullConfig(argv: readonly string[], env: Environment): Parsed<PullConfig> {
  const parsed = parseOptions("pull", argv, env);
  if (parsed.help) return { help: true };
  const problems = [...parsed.problems];
  const { text, positionals } = parsed;
  const [modelId] = positionals;
  if (positionals.length !== 1) {
    problems.push(
      `\`pull\` takes one model id, for example \`rerankd pull owner/name\`, got: ${positionals.length}`,
    );
  }
  if (problems.length > 0 || modelId === undefined) throw new UsageError(problems);
  return {
    help: false,
    config: Object.freeze({
      modelId,
      revision: parsed.optionalText("revision"),
      dtype: text("dtype"),
      device: text("device"),
    }),
  };
}
