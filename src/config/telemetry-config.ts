import type { Environment, ParsedOptions } from "./options/parse-options.ts";

/** The configuration of logs, metrics and spans. */
export interface TelemetryConfig {
  readonly logLevel: string;
  readonly logFormat: string;
  /** Whether `GET /metrics` answers. */
  readonly metrics: boolean;
  /** Who may read the metrics on the port of all protocols where there are API keys. */
  readonly metricsAccess: "key" | "open";
  /** The port of `GET /metrics`; undefined: that of all protocols. */
  readonly metricsPort: number | undefined;
  /** The collector's address for spans; undefined: there are no spans. */
  readonly tracesUrl: string | undefined;
}

/** The path of spans under a collector's address. */
const tracesPath = "/v1/traces";

/** The one protocol that spans are sent in. */
const otlpProtocol = "http/protobuf";

/** Returns the telemetry's part of the options of `serve`. */
export function readTelemetryConfig(parsed: ParsedOptions, env: Environment): TelemetryConfig {
  const { text } = parsed;
  return {
    logLevel: text("log-level"),
    logFormat: text("log-format"),
    metrics: text("metrics") === "on",
    metricsAccess: text("metrics-access") === "open" ? "open" : "key",
    metricsPort: parsed.optionalNumber("metrics-port"),
    tracesUrl: isTracingOff(env) ? undefined : tracesUrlOf(parsed),
  };
}

/**
 * Returns what is wrong with the addresses, the port of metrics, and OpenTelemetry's variables that
 * are looked at.
 */
export function problemsOfTelemetry(parsed: ParsedOptions, env: Environment): string[] {
  const problems: string[] = [];
  for (const flag of ["otlp-endpoint", "otlp-traces-endpoint"]) {
    const url = parsed.optionalText(flag);
    if (url === undefined || isHttpUrl(url)) continue;
    problems.push(`--${flag} must be an http or https address`);
  }
  const port = parsed.integer("port");
  const sharesPort = port !== 0 && parsed.optionalNumber("metrics-port") === port;
  if (sharesPort && parsed.optionalText("unix-socket") === undefined) {
    problems.push(`--metrics-port must be another port than --port, got: ${port} for both`);
  }
  if (isTracingOff(env) || tracesUrlOf(parsed) === undefined) return problems;
  for (const name of ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"]) {
    const protocol = env[name];
    if (!protocol) continue;
    if (protocol !== otlpProtocol) {
      problems.push(`${name} must be \`${otlpProtocol}\`, got: \`${protocol}\``);
    }
    break;
  }
  return problems;
}

/** Whether OpenTelemetry's own switches turn spans off. */
function isTracingOff(env: Environment): boolean {
  return env.OTEL_SDK_DISABLED?.toLowerCase() === "true" || env.OTEL_TRACES_EXPORTER === "none";
}

function tracesUrlOf(parsed: ParsedOptions): string | undefined {
  const whole = parsed.optionalText("otlp-traces-endpoint");
  if (whole !== undefined) return whole;
  const base = parsed.optionalText("otlp-endpoint");
  return base && `${base.replace(/\/+$/, "")}${tracesPath}`;
}

function isHttpUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
