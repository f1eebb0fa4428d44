/** A command of the program that takes options. */
export type Command = "serve" | "pull";

/** How the text of an option becomes a value. */
export type OptionKind =
  | { readonly kind: "text" }
  | { readonly kind: "names" }
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "choice"; readonly choices: readonly string[] };

/** One option: a flag, the environment variables that stand for it, and what help says of it. */
export interface Option {
  /** Heading in help and README. */
  readonly group: "Model" | "Network" | "Limits" | "Logging";
  /** Long flag without the dashes. */
  readonly flag: string;
  /** Other long flags that mean the same. */
  readonly aliases?: readonly string[];
  /** Environment variables; the first that is set and not empty counts. A flag overrides them. */
  readonly env: readonly string[];
  /** Name of the value in help. */
  readonly value: string;
  readonly type: OptionKind;
  /** Value when nothing is given; undefined where absence means something. */
  readonly default?: string;
  readonly help: string;
  readonly commands: readonly Command[];
}

const text = { kind: "text" } as const;
const count = { kind: "integer", min: 1, max: 2 ** 31 - 1 } as const;
const milliseconds = { kind: "integer", min: 1, max: 2 ** 31 - 1 } as const;

/** The weights' types that a model file can be asked for by name. */
export const dtypes = ["auto", "fp32", "fp16", "int8", "uint8", "q4", "q4f16", "bnb4"] as const;

/** Where a model can be asked to run. */
export const devices = ["auto", "cpu", "cuda", "webgpu"] as const;

/** Every option of every command: the one source of parsing, `--help` and the README's table. */
export const options = [
  {
    group: "Model",
    flag: "model-id",
    aliases: ["model"],
    env: ["RERANKER_MODEL", "MODEL_ID"],
    value: "ID",
    type: text,
    help: "hub id, local folder, or `bundled`; unset: jina-reranker-v2 if cached, else `bundled`",
    commands: ["serve"],
  },
  {
    group: "Model",
    flag: "revision",
    env: ["RERANKER_REVISION", "REVISION"],
    value: "REV",
    type: text,
    help: "branch, tag or commit of a hub model; unset: main",
    commands: ["serve", "pull"],
  },
  {
    group: "Model",
    flag: "served-model-name",
    env: ["RERANKER_SERVED_MODEL_NAME", "SERVED_MODEL_NAME"],
    value: "NAME",
    type: { kind: "names" },
    default: "",
    help: "further name under which requests may ask for the model (repeatable; comma-separated in env)",
    commands: ["serve"],
  },
  {
    group: "Model",
    flag: "dtype",
    env: ["RERANKER_DTYPE", "DTYPE"],
    value: "TYPE",
    type: { kind: "choice", choices: dtypes },
    default: "auto",
    help: "weights: auto (int8 on cpu, fp16 on a gpu), fp32, fp16, int8, uint8, q4, q4f16, bnb4",
    commands: ["serve", "pull"],
  },
  {
    group: "Model",
    flag: "device",
    env: ["RERANKER_DEVICE"],
    value: "DEVICE",
    type: { kind: "choice", choices: devices },
    default: "auto",
    help: "auto (cuda where it works, else cpu), cpu, cuda, webgpu",
    commands: ["serve", "pull"],
  },
  {
    group: "Model",
    flag: "max-length",
    env: ["RERANKER_MAX_LENGTH"],
    value: "TOKENS",
    type: { kind: "integer", min: 8, max: 1_048_576 },
    default: "512",
    help: "longest (query, document) pair; longer ones are cut; at most the model's own limit",
    commands: ["serve"],
  },
  {
    group: "Model",
    flag: "threads",
    env: ["RERANKER_THREADS"],
    value: "N",
    type: { kind: "integer", min: 0, max: 1024 },
    default: "0",
    help: "threads of one inference on cpu; 0: one for each core",
    commands: ["serve"],
  },
  {
    group: "Network",
    flag: "host",
    env: ["RERANKER_HOST"],
    value: "ADDRESS",
    type: text,
    default: "127.0.0.1",
    help: "address to listen on; 0.0.0.0 or :: for all",
    commands: ["serve"],
  },
  {
    group: "Network",
    flag: "port",
    env: ["RERANKER_PORT", "PORT"],
    value: "PORT",
    type: { kind: "integer", min: 0, max: 65_535 },
    default: "7998",
    help: "port of all protocols; 0: any free one",
    commands: ["serve"],
  },
  {
    group: "Network",
    flag: "tls-cert",
    env: ["RERANKER_TLS_CERT"],
    value: "FILE",
    type: text,
    help: "certificate chain (PEM); with --tls-key the port speaks TLS only",
    commands: ["serve"],
  },
  {
    group: "Network",
    flag: "tls-key",
    env: ["RERANKER_TLS_KEY"],
    value: "FILE",
    type: text,
    help: "private key (PEM)",
    commands: ["serve"],
  },
  {
    group: "Network",
    flag: "drain-timeout-ms",
    env: ["RERANKER_DRAIN_TIMEOUT_MS"],
    value: "MS",
    type: milliseconds,
    default: "30000",
    help: "how long running requests may take after SIGTERM or SIGINT",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "max-body-bytes",
    env: ["RERANKER_MAX_BODY_BYTES"],
    value: "BYTES",
    type: count,
    default: "33554432",
    help: "largest request body or gRPC message, also after decompression",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "max-documents",
    env: ["RERANKER_MAX_DOCUMENTS"],
    value: "N",
    type: count,
    default: "10000",
    help: "most documents in one request",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "max-document-chars",
    env: ["RERANKER_MAX_DOCUMENT_CHARS"],
    value: "N",
    type: count,
    default: "1000000",
    help: "longest document, in UTF-16 units",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "max-query-chars",
    env: ["RERANKER_MAX_QUERY_CHARS"],
    value: "N",
    type: count,
    default: "32768",
    help: "longest query, in UTF-16 units",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "max-queue-tokens",
    env: ["RERANKER_MAX_QUEUE_TOKENS"],
    value: "TOKENS",
    type: count,
    default: "2000000",
    help: "most tokens that may wait; requests beyond are refused with 429",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "max-queue-ms",
    env: ["RERANKER_MAX_QUEUE_MS"],
    value: "MS",
    type: milliseconds,
    default: "5000",
    help: "longest expected wait for other requests; beyond, requests without a deadline of their own get 429",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "max-batch-tokens",
    env: ["RERANKER_MAX_BATCH_TOKENS"],
    value: "TOKENS",
    type: count,
    help: "most padded tokens of one inference; unset: 1024 on cpu, 16384 on a gpu",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "max-concurrent-streams",
    env: ["RERANKER_MAX_CONCURRENT_STREAMS"],
    value: "N",
    type: count,
    default: "128",
    help: "most calls at a time on one HTTP/2 connection",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "max-stream-in-flight",
    env: ["RERANKER_MAX_STREAM_IN_FLIGHT"],
    value: "N",
    type: count,
    default: "64",
    help: "most unanswered requests on one RerankStream before the server stops reading it",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "headers-timeout-ms",
    env: ["RERANKER_HEADERS_TIMEOUT_MS"],
    value: "MS",
    type: milliseconds,
    default: "10000",
    help: "time to send request headers, or the first bytes of a connection",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "request-timeout-ms",
    env: ["RERANKER_REQUEST_TIMEOUT_MS"],
    value: "MS",
    type: milliseconds,
    default: "60000",
    help: "time to send a whole request",
    commands: ["serve"],
  },
  {
    group: "Limits",
    flag: "idle-timeout-ms",
    env: ["RERANKER_IDLE_TIMEOUT_MS"],
    value: "MS",
    type: milliseconds,
    default: "75000",
    help: "time after which a connection without calls is closed",
    commands: ["serve"],
  },
  {
    group: "Logging",
    flag: "log-level",
    env: ["RERANKER_LOG_LEVEL", "LOG_LEVEL"],
    value: "LEVEL",
    type: { kind: "choice", choices: ["debug", "info", "warn", "error", "silent"] },
    default: "info",
    help: "debug, info, warn, error, silent",
    commands: ["serve"],
  },
  {
    group: "Logging",
    flag: "log-format",
    env: ["RERANKER_LOG_FORMAT"],
    value: "FORMAT",
    type: { kind: "choice", choices: ["auto", "json", "text"] },
    default: "auto",
    help: "json, text, or auto: text on a terminal, else json; always on stderr",
    commands: ["serve"],
  },
] as const satisfies readonly Option[];
