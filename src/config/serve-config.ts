import { type EngineConfig, readEngineConfig } from "./engine-config.ts";
import { isLoopback } from "./is-loopback.ts";
import {
  type Environment,
  type ParsedOptions,
  parseOptions,
  UsageError,
} from "./options/parse-options.ts";
import { readSecurityConfig, type SecurityConfig } from "./security-config.ts";
import {
  problemsOfTelemetry,
  readTelemetryConfig,
  type TelemetryConfig,
} from "./telemetry-config.ts";

/** The configuration of `rerankd serve`, checked and frozen. */
export interface ServeConfig extends SecurityConfig, TelemetryConfig {
  /** The models that are served; requests that name none are for the first. */
  readonly models: readonly [EngineConfig, ...EngineConfig[]];
  /** Most documents in one request. */
  readonly maxDocuments: number;
  readonly host: string;
  readonly port: number;
  /** Path of the Unix socket to listen on instead of host and port; undefined: none. */
  readonly unixSocket: string | undefined;
  /** Whether `GET /` answers with the page. */
  readonly ui: boolean;
  readonly drainTimeoutMs: number;
  readonly maxBodyBytes: number;
  readonly maxConnections: number;
  readonly maxConcurrentStreams: number;
  readonly maxStreamInFlight: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** The configuration of `rerankd pull`, checked and frozen. */
export interface PullConfig {
  readonly modelId: string;
  readonly revision: string | undefined;
  readonly dtype: string;
  readonly device: string;
  readonly onnxFile: string | undefined;
  /** Whether files in the cache are read and compared, too. */
  readonly verify: boolean;
}

/** A command's config, or that its help was asked for. */
export type Parsed<Config> =
  | { readonly help: true }
  | {
      readonly help: false;
      readonly config: Config;
      /** What is odd about the environment, for a person to read. Default: nothing. */
      readonly notes?: readonly string[];
    };

/** Reads flags and environment of `rerankd serve`. Throws UsageError with every problem at once. */
export function parseServeConfig(argv: readonly string[], env: Environment): Parsed<ServeConfig> {
  return readServeConfig("serve", parseOptions("serve", argv, env), env);
}

/**
 * Checks what was parsed of `rerankd serve`, or of another command that takes its options. The
 * configuration file, which may be a pipe, is not read again. Throws UsageError with every problem at
 * once.
 */
export function readServeConfig(
  command: "serve" | "doctor" | "config",
  parsed: ParsedOptions,
  env: Environment,
): Parsed<ServeConfig> {
  if (parsed.help) return { help: true };
  const problems = [...parsed.problems];
  const { text, integer } = parsed;
  // The first word of `config` says what it does.
  for (const word of parsed.positionals.slice(command === "config" ? 1 : 0))
    problems.push(`\`${command}\` takes no argument, got: \`${word}\``);
  const { security, problems: securityProblems } = readSecurityConfig(parsed);
  problems.push(...securityProblems, ...problemsOfTelemetry(parsed, env));
  const models = parsed.models.map(readEngineConfig);
  problems.push(...problemsOfNames(models));
  if (problems.length > 0) throw new UsageError(problems);

  return {
    help: false,
    config: Object.freeze({
      models: models as [EngineConfig, ...EngineConfig[]],
      maxDocuments: integer("max-documents"),
      host: text("host"),
      port: integer("port"),
      unixSocket: parsed.optionalText("unix-socket"),
      ui: isUiOn(parsed),
      ...security,
      drainTimeoutMs: integer("drain-timeout-ms"),
      maxBodyBytes: integer("max-body-bytes"),
      maxConnections: integer("max-connections"),
      maxConcurrentStreams: integer("max-concurrent-streams"),
      maxStreamInFlight: integer("max-stream-in-flight"),
      headersTimeoutMs: integer("headers-timeout-ms"),
      requestTimeoutMs: integer("request-timeout-ms"),
      idleTimeoutMs: integer("idle-timeout-ms"),
      ...readTelemetryConfig(parsed, env),
    }),
    notes: parsed.notes,
  };
}

/** Returns what is wrong with the names that were chosen for the models: two may not have the same. */
function problemsOfNames(models: readonly EngineConfig[]): string[] {
  const names = models.flatMap(({ name = [], servedModelNames }) => [
    ...new Set([name, servedModelNames].flat()),
  ]);
  const twice = names.filter((name, index) => names.indexOf(name) < index);
  return [...new Set(twice)].map((name) => `two names of the models are \`${name}\``);
}

/** Whether the page is served: by default only on a loopback address. */
function isUiOn({ text, optionalText }: ParsedOptions): boolean {
  const ui = text("ui");
  if (ui !== "auto") return ui === "on";
  return optionalText("unix-socket") === undefined && isLoopback(text("host"));
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
      onnxFile: parsed.optionalText("onnx-file"),
      verify: parsed.flag("verify"),
    }),
    notes: parsed.notes,
  };
}
