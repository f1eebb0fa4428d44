import { type Option, type OptionKind, onOff } from "./option.ts";

/** The log levels by the names that text-embeddings-inference and other programs give them. */
const levelWords: Readonly<Record<string, string>> = {
  trace: "debug",
  warning: "warn",
  critical: "error",
  fatal: "error",
  off: "silent",
};

/**
 * Log levels. text-embeddings-inference takes a list of directives, such as `info,hyper=warn`: what
 * stands for all of a program, and has no `=`, counts here.
 */
const levelKind: OptionKind = {
  kind: "choice",
  choices: ["debug", "info", "warn", "error", "silent"],
  normalize(text) {
    const directives = text.split(",").map((directive) => directive.trim());
    const level = directives.findLast((directive) => !directive.includes("=")) ?? text;
    return levelWords[level] ?? level;
  },
};

/** The options for logs, metrics and spans. */
export const telemetryOptions: readonly Option[] = [
  {
    group: "Telemetry",
    flag: "log-level",
    env: ["RERANKER_LOG_LEVEL", "LOG_LEVEL"],
    value: "LEVEL",
    type: levelKind,
    default: "info",
    help: "debug, info, warn, error, silent",
  },
  {
    group: "Telemetry",
    flag: "log-format",
    env: ["RERANKER_LOG_FORMAT"],
    value: "FORMAT",
    type: { kind: "choice", choices: ["auto", "json", "text"] },
    default: "auto",
    help: "json, text, or auto: text on a terminal, else json; always on stderr",
  },
  {
    group: "Telemetry",
    flag: "metrics",
    env: ["RERANKER_METRICS"],
    value: "ON|OFF",
    type: onOff,
    default: "on",
    help: "whether `GET /metrics` answers, for Prometheus",
  },
  {
    group: "Telemetry",
    flag: "metrics-access",
    env: ["RERANKER_METRICS_ACCESS"],
    value: "ACCESS",
    type: { kind: "choice", choices: ["key", "open"] },
    default: "key",
    help: "whether the metrics need an API key, where there are keys: key (yes), open (no)",
  },
  {
    group: "Telemetry",
    flag: "metrics-port",
    env: ["RERANKER_METRICS_PORT"],
    value: "PORT",
    type: { kind: "integer", min: 0, max: 65_535 },
    help: "port of `GET /metrics`, without TLS and keys; 0: any free one; unset: the port of all protocols",
  },
  {
    group: "Telemetry",
    flag: "otlp-endpoint",
    env: ["OTEL_EXPORTER_OTLP_ENDPOINT"],
    value: "URL",
    type: { kind: "text" },
    help: "OpenTelemetry collector (OTLP over HTTP); spans go to its `/v1/traces`; unset: no spans",
  },
  {
    group: "Telemetry",
    flag: "otlp-traces-endpoint",
    env: ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"],
    value: "URL",
    type: { kind: "text" },
    help: "complete URL for spans, in place of --otlp-endpoint",
  },
];
