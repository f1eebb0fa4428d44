import type { Logger } from "../telemetry/log.ts";
import { type Call, isHttp2, type ServerResponseLike } from "./call.ts";

/**
 * Logs the end of a call: what was asked for, how it ended, how long it took. Probes at debug, the
 * rest at info.
 */
export function logCall(
  log: Logger,
  call: Call,
  response: ServerResponseLike,
  durationMs: number,
): void {
  const { id, protocol, method, path, documents, probe } = call;
  const isDone = isHttp2(response)
    ? response.stream.rstCode === 0 && response.headersSent
    : response.writableFinished;
  const fields = {
    protocol,
    method,
    path,
    status: response.headersSent ? response.statusCode : undefined,
    code: call.code ?? (isDone ? "ok" : "cancelled"),
    duration_ms: Math.round(durationMs),
    document_count: documents,
    request_id: id,
  };
  if (probe) log.debug(fields, "request");
  else log.info(fields, "request");
}
