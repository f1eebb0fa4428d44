import type { Logger } from "../telemetry/log.ts";
import type { CallEnd } from "../telemetry/server-observer.ts";
import { type Call, isHttp2, type ServerResponseLike } from "./call.ts";

/** Stands for a path that is not served. */
const unknownPath = "(unknown)";

/** Returns how a call ended, once its response is closed. */
export function endOf(call: Call, response: ServerResponseLike): CallEnd {
  const isDone = isHttp2(response)
    ? response.stream.rstCode === 0 && response.headersSent
    : response.writableFinished;
  const code = call.code ?? (isDone ? "ok" : "cancelled");
  return {
    status: response.headersSent ? response.statusCode : undefined,
    // Connect spells it with one l.
    code: code === "canceled" ? "cancelled" : code,
    durationMs: performance.now() - call.startedMs,
  };
}

/**
 * Logs the end of a call: what was asked for, how it ended, how long it took. Probes at debug, the
 * rest at info.
 */
export function logCall(log: Logger, call: Call, { status, code, durationMs }: CallEnd): void {
  const { id, protocol, method, route, documents, probe, span } = call;
  const fields = {
    protocol,
    method,
    path: route ?? unknownPath,
    status,
    code,
    duration_ms: Math.round(durationMs),
    document_count: documents,
    request_id: id,
    ...(span && { trace_id: span.traceId, span_id: span.spanId }),
  };
  if (probe) log.debug(fields, "request");
  else log.info(fields, "request");
}
