import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  RerankStreamRequest,
  RerankStreamResponseSchema,
} from "../../../../gen/rerank/v1/rerank_service_pb.ts";
import { countCodePoints, firstCodePoints } from "../../../characters.ts";
import { grpcCodeOf, RerankError } from "../../../errors.ts";
import { linkSignals } from "../../../linked-signal.ts";
import type { Reranker, RerankObserver } from "../../../reranker/rerank-request.ts";
import type { Logger } from "../../../telemetry/log.ts";
import { requestOf, responseOf } from "./rerank-message.ts";

/** The answer to one request of a stream. */
export type StreamAnswer = MessageInitShape<typeof RerankStreamResponseSchema>;

/** The dependencies of answering one request of a stream. */
export interface StreamItemOptions {
  readonly reranker: Reranker;
  readonly log: Logger;
  /** Longest time that a request may ask for, in milliseconds. */
  readonly maxRequestTimeoutMs: number;
  /** What the deadline of the stream leaves, in milliseconds; undefined without one. */
  readonly streamTimeoutMs: number | undefined;
  /** Aborts with a RerankError when the stream ends. */
  readonly signal: AbortSignal;
  /** Called with the error that the request is answered with. */
  readonly onFailed: (error: RerankError) => void;
  /** For the log. */
  readonly requestId: string | undefined;
  /** Returns the observer of the ranking. */
  readonly observeRanking: (() => RerankObserver | undefined) | undefined;
}

/** Most characters of an id, in Unicode code points. */
const maxIdChars = 128;

/**
 * Returns why a request of a stream cannot be started, or undefined if it can. `idsInFlight` are
 * those not answered yet.
 */
export function problemOf(
  message: RerankStreamRequest,
  idsInFlight: ReadonlySet<string>,
): RerankError | undefined {
  const { id, request } = message;
  if (countCodePoints(id) > maxIdChars) {
    const text = `\`id\` must be at most ${maxIdChars} characters, got: ${countCodePoints(id)}`;
    return new RerankError("invalid_argument", text, { field: "id", limit: maxIdChars });
  }
  if (idsInFlight.has(id)) {
    const text = "`id` must differ from the id of every other request in flight on the stream";
    return new RerankError("invalid_argument", text, { field: "id" });
  }
  if (request === undefined) {
    const text = "`request` must be set, got: nothing";
    return new RerankError("invalid_argument", text, { field: "request" });
  }
  return undefined;
}

/**
 * Ranks one request of a stream under its own deadline and the stream's. Never rejects: a failure is an answer, too.
 */
export async function answerItem(
  options: StreamItemOptions,
  message: RerankStreamRequest,
): Promise<StreamAnswer> {
  const { id, request } = message;
  if (request === undefined) return errorAnswer(id, new RerankError("internal", "internal error"));
  const { maxRequestTimeoutMs, streamTimeoutMs = Number.POSITIVE_INFINITY } = options;
  const allowedMs =
    message.timeoutMs === undefined ? undefined : Math.min(message.timeoutMs, maxRequestTimeoutMs);
  const leftMs = Math.min(allowedMs ?? Number.POSITIVE_INFINITY, streamTimeoutMs);
  const item = linkSignals({
    signals: [options.signal],
    timeoutMs: allowedMs,
    timeoutReason: () =>
      new RerankError("deadline_exceeded", "`timeout_ms` passed before the request was done", {
        field: "timeout_ms",
        ...(allowedMs !== undefined && { limit: allowedMs }),
      }),
  });
  try {
    const observer = options.observeRanking?.();
    const timeoutMs = Number.isFinite(leftMs) ? leftMs : undefined;
    const call = { signal: item.signal, timeoutMs, observer };
    const result = await options.reranker.rerank(requestOf(request), call);
    return { id, outcome: { case: "response", value: responseOf(result, request) } };
  } catch (error) {
    if (error instanceof RerankError) {
      options.onFailed(error);
      return errorAnswer(id, error);
    }
    options.log.error(
      { err: error, request_id: options.requestId },
      "a request of a stream failed inside the server",
    );
    const internal = new RerankError("internal", "internal error");
    options.onFailed(internal);
    return errorAnswer(id, internal);
  } finally {
    item.unlink();
  }
}

/** Returns the answer for an error. */
export function errorAnswer(id: string, error: RerankError): StreamAnswer {
  const { code, message } = error;
  // An id that is too long is not sent back whole, so that a client cannot double its traffic.
  const value = { code: grpcCodeOf[code], message };
  return { id: firstCodePoints(id, maxIdChars), outcome: { case: "error", value } };
}
