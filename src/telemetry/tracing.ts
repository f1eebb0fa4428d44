import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";
import type { Logger } from "./log.ts";
import type { CallFacts, ServerObserver, SpanIds, TraceParent } from "./server-observer.ts";
import { callAttributes, isServerFault, spanNameOf } from "./span-attributes.ts";
import { createStageLog } from "./stage-log.ts";

/** Options of tracing: the collector that spans are sent to, and the server that sends them. */
export interface TracingOptions {
  /** The collector's address for spans, whole: `http://localhost:4318/v1/traces`. */
  readonly tracesUrl: string;
  /** The server's version. */
  readonly version: string;
  readonly log: Logger;
}

/** Makes spans of calls and sends them to a collector. */
export interface Tracing {
  readonly observer: ServerObserver;
  /** Sends what is left, within two seconds, and stops. Never rejects. */
  close(): Promise<void>;
}

/**
 * How long one try to send spans may take, in milliseconds. With the one further try that fits into
 * it, an unreachable collector keeps the process alive no longer than `closeTimeoutMs`.
 */
const exportTimeoutMs = 1_000;

/** Longest wait for the last spans, in milliseconds. */
const closeTimeoutMs = 2_000;

/**
 * Returns what makes spans of calls. They are made when a call ends, from the times that were taken
 * while it ran, so a call that is not sampled costs next to nothing.
 *
 * The sampler, batches, headers and resource attributes are read from OpenTelemetry's own
 * environment variables, by its packages.
 */
export function startTracing({ tracesUrl, version, log }: TracingOptions): Tracing {
  const exporter = new OTLPTraceExporter({ url: tracesUrl, timeoutMillis: exportTimeoutMs });
  const detected = detectResources({ detectors: [serviceInstanceIdDetector, envDetector] });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      "service.name": "rerankd",
      "service.version": version,
    }).merge(detected),
    spanProcessors: [new BatchSpanProcessor(createQuietExporter(exporter, log))],
  });
  const tracer = provider.getTracer("rerankd", version);

  function callStarted(call: CallFacts): ReturnType<NonNullable<ServerObserver["callStarted"]>> {
    const stageLog = createStageLog();
    // From the monotonic clock to the one that collectors share.
    const originMs = Date.now() - performance.now();
    return {
      rankingStarted: stageLog.rankingStarted,
      ended(end) {
        if (call.probe) return undefined;
        const span = tracer.startSpan(
          spanNameOf(call),
          {
            kind: SpanKind.SERVER,
            startTime: originMs + call.startedMs,
            attributes: callAttributes(call, end),
          },
          parentOf(call.traceParent),
        );
        if (span.isRecording()) {
          const context = trace.setSpan(ROOT_CONTEXT, span);
          for (const { name, startedMs, endedMs, attributes } of stageLog.stages) {
            const startTime = originMs + startedMs;
            tracer.startSpan(name, { startTime, attributes }, context).end(originMs + endedMs);
          }
          if (stageLog.dropped > 0) span.setAttribute("rerankd.dropped_stages", stageLog.dropped);
          if (isServerFault(call, end)) {
            span.setStatus({ code: SpanStatusCode.ERROR, message: end.code });
          }
        }
        span.end(originMs + call.startedMs + end.durationMs);
        return idsOf(span.spanContext());
      },
    };
  }

  async function close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeTimeoutMs);
    });
    await Promise.race([provider.shutdown().catch(() => undefined), timeout]);
    clearTimeout(timer);
  }

  return { observer: { callStarted }, close };
}

function parentOf(parent: TraceParent | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, flags, state } = parent;
  const traceState = createTraceState(state);
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: flags,
    isRemote: true,
    traceState,
  });
}

function idsOf({ traceId, spanId }: SpanIds): SpanIds {
  return { traceId, spanId };
}

/** How often lost spans are logged at most, in milliseconds. */
const reportEveryMs = 60_000;

/** Result codes of an exporter. */
const exportOk = 0;

/**
 * Returns an exporter that never fails: spans that could not be sent are lost, and a line a minute
 * says how many and why.
 */
function createQuietExporter(exporter: SpanExporter, log: Logger): SpanExporter {
  let lost = 0;
  let reportedMs = Number.NEGATIVE_INFINITY;

  function report(spans: number, error: Error | undefined): void {
    lost += spans;
    const nowMs = performance.now();
    if (nowMs - reportedMs < reportEveryMs) return;
    reportedMs = nowMs;
    const fields = { lost_spans: lost, reason: error?.message ?? "" };
    lost = 0;
    log.warn(fields, "spans could not be sent to the collector");
  }

  return {
    export(spans, done) {
      exporter.export(spans, ({ code, error }) => {
        if (code !== exportOk) report(spans.length, error);
        done({ code: exportOk });
      });
    },
    forceFlush: async () => await exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
