import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { RerankObserver } from "../../reranker/rerank-request.ts";
import type { CallFacts, CallProtocol, SpanIds } from "../../telemetry/server-observer.ts";
import type { Refused } from "./refused.ts";

/** A request of either HTTP version. */
export type ServerRequest = IncomingMessage | Http2ServerRequest;

/** A response of either HTTP version. */
export type ServerResponseLike = ServerResponse | Http2ServerResponse;

/** One call from its first header to its last byte, filled in as it becomes known. */
export interface Call extends CallFacts {
  /**
   * The path as the table of routes or RPCs has it; undefined where it has none. Logs have this
   * and not the path, which may hold anything that a caller likes.
   */
  route: string | undefined;
  protocol: CallProtocol;
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
  /** Returns who hears of the stages of the call's next ranking. */
  observeRanking: (() => RerankObserver | undefined) | undefined;
}

/** Whether a call came over TLS. */
export function isSecure(request: ServerRequest, response: ServerResponseLike): boolean {
  if (isHttp2(response)) return response.stream.session?.encrypted === true;
  return "encrypted" in request.socket;
}

/** Returns the address that a request came from, `unix` for a Unix socket. */
export function peerOf(request: ServerRequest, response: ServerResponseLike): string {
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
