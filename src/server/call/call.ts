import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { RerankError } from "../../errors.ts";
import type { RerankObserver } from "../../reranker/rerank-request.ts";
import type { CallFacts, SpanIds, TraceParent } from "../../telemetry/server-observer.ts";
import type { Refused } from "./refused.ts";

/** A request of HTTP/1.1 or HTTP/2. */
export type ServerRequest = IncomingMessage | Http2ServerRequest;

/** A response of either HTTP version. */
export type ServerResponseLike = ServerResponse | Http2ServerResponse;

/** One call from its first header to its last byte, filled in as it becomes known. */
export interface Call extends CallFacts {
  /**
   * Aborts with a RerankError when the caller goes away, its deadline passes, or the server gives
   * up on the call. An RPC has a signal of its own from Connect, with its deadline.
   */
  readonly signal: AbortSignal;
  /** Aborts the signal. Only the first reason counts. */
  abort(error: RerankError): void;
  /** How it ended, in words; undefined while nothing went wrong. */
  code: string | undefined;
  /** Why it was refused; of a stream, why the first request of it was that failed. */
  refused: Refused | undefined;
  /** Requests of a stream that failed. */
  failedRequests: number;
  /** The address that it came from; `unix` for a Unix socket. */
  readonly peer: string;
  documents: number | undefined;
  /** Whether it is a probe, which is logged at debug. */
  probe: boolean;
  /** What its log line names: the caller's span, until a tracer gives the call one of its own. */
  span: SpanIds | undefined;
  /** Returns the observer of the call's next ranking. */
  observeRanking: (() => RerankObserver | undefined) | undefined;
}

/** A call and both of its ends. */
export interface Exchange {
  readonly request: ServerRequest;
  readonly response: ServerResponseLike;
  readonly call: Call;
}

/**
 * Ids that are safe to echo and to log: no spaces, no control characters, at most 128 characters.
 */
const saneId = /^[\w.:/+=@-]{1,128}$/;

/** Returns the call of a request that just came, which asks for `target`. */
export function openCall(
  request: ServerRequest,
  response: ServerResponseLike,
  { route, protocol }: Pick<Call, "route" | "protocol">,
): Call {
  const clientId = request.headers["x-request-id"];
  const traceParent = parseTraceParent(request.headers);
  const controller = new AbortController();
  return {
    id: typeof clientId === "string" && saneId.test(clientId) ? clientId : randomUUID(),
    method: request.method ?? "",
    path: pathOf(request),
    route,
    protocol,
    httpVersion: isHttp2(response) ? "2" : "1.1",
    secure: isSecure(request, response),
    startedMs: performance.now(),
    signal: controller.signal,
    abort: (error) => controller.abort(error),
    traceParent,
    span: traceParent,
    observeRanking: undefined,
    code: undefined,
    refused: undefined,
    failedRequests: 0,
    peer: peerOf(request, response),
    documents: undefined,
    probe: false,
  };
}

/** Whether a call came over TLS. */
function isSecure(request: ServerRequest, response: ServerResponseLike): boolean {
  if (isHttp2(response)) return response.stream.session?.encrypted === true;
  return "encrypted" in request.socket;
}

/** Returns the address that a request came from, `unix` for a Unix socket. */
function peerOf(request: ServerRequest, response: ServerResponseLike): string {
  // The socket of an HTTP/2 session is gone with it.
  const socket = isHttp2(response) ? response.stream.session?.socket : request.socket;
  return addressOf(socket?.remoteAddress);
}

/** Returns an address without the prefix that IPv4 has on a socket for both; `unix` for none. */
export function addressOf(remoteAddress: string | undefined): string {
  return remoteAddress?.replace(/^::ffff:(?=[\d.]+$)/, "") ?? "unix";
}

/** Returns the path that a request asks for, without its query. */
export function pathOf({ url = "" }: ServerRequest): string {
  return url.split("?", 1)[0] ?? "";
}

/** Whether the response goes over HTTP/2. */
export function isHttp2(response: ServerResponseLike): response is Http2ServerResponse {
  return "stream" in response;
}

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
