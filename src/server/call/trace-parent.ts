import type { IncomingHttpHeaders } from "node:http";
import type { TraceParent } from "../../telemetry/server-observer.ts";

/** Version, trace id, parent id and flags; a version after 00 may have more. */
const pattern = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

const allZeros = /^0+$/;

/** Longest `tracestate` that is passed on: as much as every participant must be able to. */
const maxStateChars = 512;

/**
 * Reads the caller's span from `traceparent` and `tracestate` (https://www.w3.org/TR/trace-context/);
 * undefined if there is none, or one that the specification calls invalid.
 */
export function parseTraceParent(headers: IncomingHttpHeaders): TraceParent | undefined {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== "string") return undefined;
  const [, version, traceId = "", spanId = "", flags = "", more] = pattern.exec(traceparent) ?? [];
  if (version === undefined || version === "ff") return undefined;
  if (version === "00" && more !== undefined) return undefined;
  if (allZeros.test(traceId) || allZeros.test(spanId)) return undefined;
  const state = Array.isArray(tracestate) ? tracestate.join(",") : (tracestate ?? "");
  return {
    traceId,
    spanId,
    flags: Number.parseInt(flags, 16),
    state: state.length <= maxStateChars ? state : "",
  };
}
