import type { RerankObserver } from "../reranker/rerank-request.ts";

/** The protocol of a call, as telemetry names it. */
export type CallProtocol = "grpc" | "grpc-web" | "connect" | "http";

/** What a connection turned out to speak. */
export type ConnectionProtocol = "http1" | "http2";

/** A span that others can refer to, as W3C Trace Context names it. */
export interface SpanIds {
  /** 32 lowercase hex digits. */
  readonly traceId: string;
  /** 16 lowercase hex digits. */
  readonly spanId: string;
}

/** The span of the caller, from `traceparent` and `tracestate`. */
export interface TraceParent extends SpanIds {
  /** The eight bits of `trace-flags`; 1 means sampled. */
  readonly flags: number;
  /** The header `tracestate` as it came; "" without it. */
  readonly state: string;
}

/** What is known of a call; some of it only at its end. */
export interface CallFacts {
  /** Echoed as `x-request-id`. */
  readonly id: string;
  /** The HTTP method. */
  readonly method: string;
  /** The path without its query, which may hold a message. */
  readonly path: string;
  /**
   * The path as the table of routes or RPCs has it; undefined where it has none. Logs have this and
   * not the path, which may hold anything that a caller sends.
   */
  readonly route: string | undefined;
  readonly protocol: CallProtocol;
  readonly httpVersion: "1.1" | "2";
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** When its headers were there, in milliseconds of `performance.now`. */
  readonly startedMs: number;
  /** Number of documents, once they are decoded; the sum over the requests of a stream. */
  readonly documents: number | undefined;
  /** Whether it is a probe. */
  readonly probe: boolean;
  /** undefined: the caller sent none, or one that is malformed. */
  readonly traceParent: TraceParent | undefined;
}

/** How a call ended. */
export interface CallEnd {
  /** The HTTP status; undefined where the client was gone before there was one. */
  readonly status: number | undefined;
  /** In words, `ok` among them. */
  readonly code: string;
  readonly durationMs: number;
}

/** Observes one call. Must not throw. */
export interface CallObserver {
  /** A ranking begins, of which a call may have several. Returns its observer. */
  rankingStarted?(): RerankObserver;
  /** Called once. Returns the call's own span, where it got one. */
  ended(end: CallEnd): SpanIds | undefined;
}

/** Why a connection, or what came over it, never became a call. */
export const connectionFaults = [
  "malformed_http1",
  "http1_timeout",
  "http1_headers_too_large",
  "http2_session",
  "silent",
  "connections",
  "undecided_connections",
  "stream_resets",
  "pings",
  "settings",
  "tls_handshake",
  "accept",
] as const;

/** Why a connection, or what came over it, never became a call. */
export type ConnectionFault = (typeof connectionFaults)[number];

/** Observes the calls and connections of a server. Must not throw. */
export interface ServerObserver {
  /** The headers of a call have arrived; its facts are complete at its end. */
  callStarted?(call: CallFacts): CallObserver | undefined;
  /** A connection has shown what it speaks. Returns what to call when it is closed. */
  connectionOpened?(protocol: ConnectionProtocol): () => void;
  connectionFailed?(fault: ConnectionFault): void;
}

/** What `GET /metrics` answers. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** Returns an observer that calls each of several, in order. At most one may observe rankings. */
export function combineObservers(observers: readonly ServerObserver[]): ServerObserver {
  return {
    callStarted(call) {
      const watchers = observers.flatMap((observer) => observer.callStarted?.(call) ?? []);
      return combineCallObservers(watchers);
    },
    connectionOpened(protocol) {
      const closers = observers.flatMap((observer) => observer.connectionOpened?.(protocol) ?? []);
      return () => {
        for (const close of closers) close();
      };
    },
    connectionFailed(fault) {
      for (const observer of observers) observer.connectionFailed?.(fault);
    },
  };
}

function combineCallObservers(watchers: readonly CallObserver[]): CallObserver {
  const [ranker] = watchers.filter(({ rankingStarted }) => rankingStarted !== undefined);
  return {
    ...(ranker?.rankingStarted && { rankingStarted: ranker.rankingStarted }),
    ended(end) {
      const spans = watchers.map((watcher) => watcher.ended(end));
      return spans.find((span) => span !== undefined);
    },
  };
}
