import type { SpanExporter } from "@opentelemetry/sdk-trace-base";
import type { Logger } from "./log.ts";

/** How often lost spans are logged at most, in milliseconds. */
const reportEveryMs = 60_000;

/** Result codes of an exporter. */
const exportOk = 0;

/**
 * Returns an exporter that never fails: spans that could not be sent are lost, and a line a minute
 * says how many and why.
 */
export function createQuietExporter(exporter: SpanExporter, log: Logger): SpanExporter {
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
