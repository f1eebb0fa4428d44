import type { RerankClientError } from "../call/client-error.ts";
import type { Environment } from "../call/process-environment.ts";
import type { CallOptions } from "../call/rerank-types.ts";

/** A candidate of a search, to be ranked. Further fields are kept. */
export interface Candidate {
  /** The text that the server reads. */
  readonly text: string;
  /** How near the candidate is to the query in the vector index: -1 to 1, or 0 to 1. */
  readonly similarity: number;
  /** When it was written: a Date, milliseconds since 1970 or an ISO 8601 string. */
  readonly createdAt?: Date | number | string | undefined;
}

/** A ranked candidate. */
export interface RankedCandidate<T extends Candidate> {
  /** The candidate as it was given. */
  readonly candidate: T;
  /** Its position among the candidates that were given, from 0. */
  readonly index: number;
  /** The server's score, 0 to 1; undefined where the server did not answer. */
  readonly relevanceScore: number | undefined;
  /** Its score by similarity and recency. */
  readonly fallbackScore: number;
}

/**
 * Why the server's ranking is missing: it cannot be reached or is not ready (`unavailable`), did
 * not answer in time (`timeout`), cannot take the request now (`overloaded`) or ever, because it is
 * too large or its time too short (`too_large`), failed (`failed`), or was not asked because it
 * failed a moment ago (`circuit_open`).
 */
export type FallbackReason =
  | "unavailable"
  | "timeout"
  | "overloaded"
  | "too_large"
  | "failed"
  | "circuit_open";

/** Candidates from most to least relevant. */
export type RankedCandidates<T extends Candidate> =
  | {
      /** Whether the server ranked them. */
      readonly reranked: true;
      /** The model that scored; empty where there was nothing to score. */
      readonly model: string;
      readonly results: readonly RankedCandidate<T>[];
    }
  | {
      /** Whether the server ranked them. */
      readonly reranked: false;
      readonly reason: FallbackReason;
      /** What the call failed with; absent where the server was not asked. */
      readonly error?: RerankClientError | undefined;
      readonly results: readonly RankedCandidate<T>[];
    };

/** How candidates are ordered without a server. */
export interface FallbackWeights {
  /** Weight of `similarity`. Default: 0.8. */
  readonly weightSimilarity?: number | undefined;
  /** Weight of the recency, 1 for now and half of it every half-life. Default: 0.2. */
  readonly weightRecency?: number | undefined;
  /** Age at which the recency is one half, in milliseconds. Default: 30 days. */
  readonly halfLifeMs?: number | undefined;
}

/** Options of one rerankOrFallback call. */
export interface FallbackCallOptions extends CallOptions, FallbackWeights {
  /** The most results to return, a whole number of 0 or more. Default, and for 0: all. */
  readonly topN?: number | undefined;
  /** The model to ask for. Default: the client's. */
  readonly model?: string | undefined;
}

/** What a log line is about. */
export interface FallbackLogEvent {
  /** The server stopped answering, answers again, or was sent a request that never fits. */
  readonly type: "outage" | "recovery" | "too_large";
  /** Why the server's ranking is missing. */
  readonly reason?: FallbackReason | undefined;
  /** What the call failed with. */
  readonly error?: RerankClientError | undefined;
}

/** How rerankOrFallback behaves. */
export interface FallbackOptions extends FallbackWeights {
  /** How long the server may take before the fallback is used, in milliseconds. Default: 5,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * Takes one line when the server stops answering and one when it answers again. Default:
   * `console.warn` of the line.
   */
  readonly logger?: ((line: string, event: FallbackLogEvent) => void) | undefined;
  /**
   * Language of the lines, a BCP 47 tag: Korean for `ko`, else English. Default: that of the
   * environment's `LC_ALL`, `LC_MESSAGES` or `LANG`, else that of `Intl`.
   */
  readonly locale?: string | undefined;
  /** Default: the environment of the process. */
  readonly env?: Environment | undefined;
  /** Time-outs and faults in a row after which the server is left alone. Default: 3. */
  readonly failureThreshold?: number | undefined;
  /** How long the server is left alone at first, in milliseconds. Default: 1,000. */
  readonly initialBackoffMs?: number | undefined;
  /** How long the server is left alone at most, in milliseconds. Default: 30,000. */
  readonly maxBackoffMs?: number | undefined;
  /** Milliseconds of a clock that never goes back. Default: `performance.now`. */
  readonly monotonicNowMs?: (() => number) | undefined;
  /** Milliseconds since 1970, for the age of candidates. Default: `Date.now`. */
  readonly nowMs?: (() => number) | undefined;
  /** A number from 0 to below 1, for the jitter. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
}
