import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

/** A request of either HTTP version. */
export type ServerRequest = IncomingMessage | Http2ServerRequest;

/** A response of either HTTP version. */
export type ServerResponseLike = ServerResponse | Http2ServerResponse;

/** The dialect that a call speaks. */
export type CallProtocol = "grpc" | "grpc-web" | "connect" | "http";

/**
 * One call from its first header to its last byte: what the log line tells, filled in as it becomes
 * known.
 */
export interface Call {
  /** Echoed as `x-request-id`. */
  readonly id: string;
  /** The HTTP method. */
  readonly method: string;
  /** The path without its query, which may hold a message. */
  readonly path: string;
  protocol: CallProtocol;
  /** How it ended, in words; undefined while nothing went wrong. */
  code: string | undefined;
  /** Number of documents, once they are decoded; the sum over the requests of a stream. */
  documents: number | undefined;
  /** Whether it is a probe, which is logged at debug. */
  probe: boolean;
}

/** Whether the response goes over HTTP/2. */
export function isHttp2(response: ServerResponseLike): response is Http2ServerResponse {
  return "stream" in response;
}
