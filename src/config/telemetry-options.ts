import type { Option } from "./option.ts";

/** The options of what a server tells about itself. */
export const telemetryOptions: readonly Option[] = [
  {
    group: "Telemetry",
    flag: "log-level",
    env: ["RERANKER_LOG_LEVEL", "LOG_LEVEL"],
    value: "LEVEL",
    type: { kind: "choice", choices: ["debug", "info", "warn", "error", "silent"] },
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
    type: { kind: "choice", choices: ["on", "off"] },
    default: "on",
    help: "whether `GET /metrics` answers, for Prometheus",
  },
  {
    group: "Telemetry",
    flag: "metrics-port",
    env: ["RERANKER_METRICS_PORT"],
    value: "PORT",
    type: { kind: "integer", min: 0, max: 65_535 },
    help: "port of `GET /metrics`, without TLS; 0: any free one; unset: the port of all protocols",
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
    help: "whole address for spans, in place of --otlp-endpoint",
  },
];
