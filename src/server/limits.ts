/** Limits on the resources that clients can use. Configuration, not part of the contract. */
export interface ServerLimits {
  /**
   * Most bytes in one request message, the same for every protocol, before and after decompression;
   * `http/json-route.ts` and `rpc/wire/` refuse larger ones.
   */
  readonly maxBodyBytes: number;
  /** Most documents in one request; the reranker refuses more, too. */
  readonly maxDocuments: number;
  /** Most connections; further ones are closed at once. */
  readonly maxConnections: number;
  /** Most bytes in the headers of one request. */
  readonly maxHeaderBytes: number;
  /** Most HTTP/2 streams open at once on one connection. */
  readonly maxConcurrentStreams: number;
  /** Longest time to receive the headers of an HTTP/1.1 request, in milliseconds. */
  readonly headersTimeoutMs: number;
  /**
   * Longest time to receive a whole request, and for its client to take the answer, in milliseconds.
   * A stream of requests or answers has no such limit.
   */
  readonly requestTimeoutMs: number;
  /** How long a connection without a request in progress is kept, in milliseconds. */
  readonly idleTimeoutMs: number;
  /**
   * Longest time until a new connection has shown its protocol, or ended its TLS handshake, in
   * milliseconds.
   */
  readonly undecidedTimeoutMs: number;
  /** Most connections that have not shown their protocol yet; further ones are closed at once. */
  readonly maxUndecidedSockets: number;
  /** Most unanswered requests on one RerankStream; at this number the server stops reading. */
  readonly maxStreamInFlight: number;
  /**
   * Longest deadline of a request, in milliseconds. Longer ones that a client asks for are
   * shortened to it.
   */
  readonly maxRequestTimeoutMs: number;
}

/** Longest delay that a timer of Node can count; a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1;

/** Limits that suit one model on one machine. */
export const defaultServerLimits: ServerLimits = Object.freeze({
  // Ten thousand documents of three kilobytes each, a reranker's largest sensible request.
  maxBodyBytes: 32 * 1024 * 1024,
  maxDocuments: 10_000,
  // A quarter of the file descriptors that a service commonly has; each holds tens of kilobytes.
  maxConnections: 4_096,
  // Node's own limit for HTTP/1.1, and twice that of common gRPC servers.
  maxHeaderBytes: 16 * 1024,
  maxConcurrentStreams: 128,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  // Longer than the 60 s after which common load balancers drop an idle connection, so that they
  // and not we close first.
  idleTimeoutMs: 75_000,
  undecidedTimeoutMs: 10_000,
  maxUndecidedSockets: 1_024,
  maxStreamInFlight: 64,
  maxRequestTimeoutMs: maxTimerMs,
});
