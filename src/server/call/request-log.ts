import type { Logger } from "../../telemetry/log.ts";
import type { CallEnd } from "../../telemetry/server-observer.ts";
import { createCountLog } from "../count-log.ts";
import type { Http1Fault } from "../listen/http1-fault.ts";
import { createTokenBucket } from "../token-bucket.ts";
import { type Call, isHttp2, type ServerResponseLike } from "./call.ts";

/** Stands for a path that is not served. */
const unknownPath = "(unknown)";

/** How many refused calls have a line of their own: a caller's mistake, but not a flood of them. */
const refusedLines = { burst: 100, perSecond: 10 } as const;

/** Writes the lines of requests. */
export interface RequestLog {
  /**
   * Logs the end of a call: what was asked for, how it ended, why and by whom if it was not answered,
   * how long it took. Probes at debug, the rest at info.
   */
  ended(call: Call, end: CallEnd): void;
  /** Logs an HTTP/1.1 request that never became a call. */
  malformed(fault: Http1Fault): void;
}

/**
 * Returns the log of requests. Of calls that are not answered it has a hundred lines at once and ten
 * a second in the long run; the others are counted by how they ended, in one line a second.
 */
export function createRequestLog(log: Logger, nowMs?: () => number): RequestLog {
  const hasLine = createTokenBucket(refusedLines, nowMs);
  const countSilent = createCountLog(log, {
    field: "not_logged",
    message: "further requests that failed have no line of their own",
  });

  return {
    ended(call, { status, code, durationMs }) {
      const { id, protocol, method, route, documents, probe, span, refused, failedRequests } = call;
      const isRefused = code !== "ok";
      if (isRefused && !probe && !hasLine()) {
        countSilent(code);
        return;
      }
      const fields = {
        protocol,
        method,
        path: route ?? unknownPath,
        status,
        code,
        ...((isRefused || refused) && { ...refused, peer: call.peer }),
        ...(failedRequests > 0 && { failed_requests: failedRequests }),
        duration_ms: Math.round(durationMs),
        document_count: documents,
        request_id: id,
        ...(span && { trace_id: span.traceId, span_id: span.spanId }),
      };
      if (probe) log.debug(fields, "request");
      else log.info(fields, "request");
    },
    malformed(fault) {
      if (hasLine()) log.info(fault, "request");
      else countSilent(fault.code);
    },
  };
}

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
