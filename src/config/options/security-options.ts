import type { Option } from "./option.ts";

const text = { kind: "text" } as const;

/** The options of `serve` that say who may connect and call. */
export const securityOptions: readonly Option[] = [
  {
    group: "Network",
    flag: "unix-socket",
    env: ["RERANKER_UNIX_SOCKET"],
    value: "PATH",
    type: text,
    help: "Unix socket to listen on instead of a port; its user and group may connect (mode 0660)",
    commands: ["serve", "health"],
  },
  {
    group: "Security",
    flag: "api-keys-file",
    aliases: ["api-key-file"],
    env: ["RERANKER_API_KEYS_FILE"],
    value: "FILE",
    type: text,
    help: "API keys, one a line, `#` begins a comment; read again when it changes",
  },
  {
    group: "Security",
    flag: "api-key",
    secret: true,
    env: ["RERANKER_API_KEYS", "RERANKER_API_KEY", "API_KEY"],
    // The client library reads the second one, and text-embeddings-inference the third, whole.
    wholeEnv: ["RERANKER_API_KEY", "API_KEY"],
    value: "KEY",
    type: { kind: "list" },
    help: "API key of 8 characters or more (repeatable; the first variable holds several between commas, the others one). Flags are visible in `ps`: prefer a file",
    helpInFile: "API keys of 8 characters or more each; prefer `api_keys_file`",
  },
  {
    group: "Security",
    flag: "tls-cert",
    env: ["RERANKER_TLS_CERT"],
    value: "FILE",
    type: text,
    help: "certificate chain (PEM); with --tls-key the port speaks TLS only; read again when it changes",
    commands: ["serve", "health"],
  },
  {
    group: "Security",
    flag: "tls-key",
    env: ["RERANKER_TLS_KEY"],
    value: "FILE",
    type: text,
    help: "private key (PEM)",
    commands: ["serve", "health"],
  },
  {
    group: "Security",
    flag: "tls-client-ca",
    env: ["RERANKER_TLS_CLIENT_CA"],
    value: "FILE",
    type: text,
    help: "authorities (PEM) of client certificates; with it no client connects without one (mTLS)",
    commands: ["serve", "health"],
  },
  {
    group: "Security",
    flag: "reflection",
    env: ["RERANKER_REFLECTION"],
    value: "WHO",
    type: { kind: "choice", choices: ["open", "key", "off"] },
    default: "open",
    help: "gRPC reflection and `GET /openapi.json`: open (need no API key, as probes), key (need one), off (not served, also without keys)",
  },
  {
    group: "Security",
    flag: "cors-origin",
    env: ["RERANKER_CORS_ORIGINS"],
    value: "ORIGIN",
    type: { kind: "list" },
    help: "origin whose web pages may call, or `*` (repeatable; comma-separated in env); unset: none",
    helpInFile: "origins whose web pages may call, or `*`; unset: none",
  },
];
