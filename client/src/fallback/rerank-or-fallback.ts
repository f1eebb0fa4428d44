import { checkPositive, checkRequest } from "../call/check.ts";
import { RerankClientError, type RerankClientErrorCode } from "../call/client-error.ts";
import type {
  CallOptions,
  RerankRequest,
  RerankResponse,
  RerankResult,
} from "../call/rerank-types.ts";
import { type CircuitBreaker, createCircuitBreaker } from "./circuit-breaker.ts";
import { formulaOf } from "./fallback-score.ts";
import type {
  Candidate,
  FallbackCallOptions,
  FallbackOptions,
  FallbackReason,
  RankedCandidate,
  RankedCandidates,
} from "./fallback-types.ts";
import { createOutageLog } from "./outage-log.ts";
import { inFallbackOrder, withFallbackScores } from "./rank-without-server.ts";

/** How long the server may take, in milliseconds: a search that waits longer feels broken. */
const defaultFallbackTimeoutMs = 5_000;

/** One slow answer is no outage; three in a row are. */
const defaultFailureThreshold = 3;

/** A restart takes about as long, in milliseconds. */
const defaultInitialBackoffMs = 1_000;

/** The longest that a server that is back stays unnoticed, in milliseconds. */
const defaultMaxBackoffMs = 30_000;

/** Errors that a retry cannot fix, so they are thrown to the caller. */
const callerErrors: ReadonlySet<RerankClientErrorCode> = new Set([
  "cancelled",
  "invalid_argument",
  "not_found",
  "permission_denied",
  "unauthenticated",
]);

/** Asks the server for one ranking. */
export type Rerank = (request: RerankRequest, options?: CallOptions) => Promise<RerankResponse>;

/** Ranks candidates with the server or, while it does not answer, without. */
export type RerankOrFallback = <T extends Candidate>(
  query: string,
  candidates: readonly T[],
  options?: FallbackCallOptions,
) => Promise<RankedCandidates<T>>;

/** Returns RerankClient's function of the same name, with the breaker and the log of one server. */
export function createRerankOrFallback(
  rerank: Rerank,
  options: FallbackOptions = {},
  clientTimeoutMs = Number.POSITIVE_INFINITY,
): RerankOrFallback {
  const defaults = formulaOf(options);
  const breaker = breakerOf(options);
  const log = createOutageLog(options);
  const { nowMs = Date.now } = options;
  const { timeoutMs: defaultTimeoutMs = Math.min(defaultFallbackTimeoutMs, clientTimeoutMs) } =
    options;
  checkPositive("fallback.timeoutMs", defaultTimeoutMs);

  return async (query, candidates, options = {}) => {
    const { topN, model, signal, timeoutMs = defaultTimeoutMs } = options;
    const formula = formulaOf(options, defaults);
    const request = { query, documents: candidates.map(({ text }) => text), topN, model };
    checkRequest(request);
    checkPositive("timeoutMs", timeoutMs);
    signal?.throwIfAborted();
    if (candidates.length === 0) return { reranked: true, model: "", results: [] };
    const scored = withFallbackScores(candidates, formula, nowMs());
    const permit = breaker.enter();
    if (!permit) {
      return { reranked: false, reason: "circuit_open", results: inFallbackOrder(scored, topN) };
    }
    try {
      const answer = await rerank(request, { timeoutMs, signal });
      const results = inAnswerOrder(scored, answer.results);
      permit.succeeded();
      log.answered();
      return { reranked: true, model: answer.model, results };
    } catch (error) {
      const ofCaller = signal?.aborted || !(error instanceof RerankClientError);
      if (ofCaller || callerErrors.has(error.code)) {
        permit.released();
        throw error;
      }
      const reason = reasonOf(error);
      const { retryAfterMs } = error;
      // What was sent says nothing about the server.
      if (reason === "too_large") permit.released();
      else permit.failed({ conclusive: isConclusive(reason), retryAfterMs });
      log.failed(reason, error);
      return { reranked: false, reason, error, results: inFallbackOrder(scored, topN) };
    }
  };
}

function breakerOf(options: FallbackOptions): CircuitBreaker {
  const { failureThreshold = defaultFailureThreshold } = options;
  const { initialBackoffMs = defaultInitialBackoffMs } = options;
  const { maxBackoffMs = defaultMaxBackoffMs } = options;
  const { monotonicNowMs = () => performance.now(), random = Math.random } = options;
  checkPositive("fallback.failureThreshold", failureThreshold);
  checkPositive("fallback.initialBackoffMs", initialBackoffMs);
  checkPositive("fallback.maxBackoffMs", maxBackoffMs);
  const nowMs = monotonicNowMs;
  return createCircuitBreaker({ failureThreshold, initialBackoffMs, maxBackoffMs, nowMs, random });
}

/** A server that is overloaded and names no time to wait would refuse the same request again. */
function reasonOf({
  code,
  retryAfterMs,
}: RerankClientError): Exclude<FallbackReason, "circuit_open"> {
  if (code === "unavailable") return "unavailable";
  if (code === "deadline_exceeded") return "timeout";
  if (code === "resource_exhausted") return retryAfterMs === undefined ? "too_large" : "overloaded";
  return "failed";
}

/** A server that cannot be reached, or asks to be left alone, need not be asked again to know. */
function isConclusive(reason: FallbackReason): boolean {
  return reason === "unavailable" || reason === "overloaded";
}

/** Orders as the server says. Throws `internal` for an answer that names no candidate of ours. */
function inAnswerOrder<T extends Candidate>(
  scored: readonly RankedCandidate<T>[],
  results: readonly RerankResult[],
): RankedCandidate<T>[] {
  const seen = new Set<number>();
  return results.map(({ index, relevanceScore }) => {
    const candidate = scored[index];
    if (!candidate || seen.has(index)) {
      throw new RerankClientError("internal", "the server answered with a wrong index");
    }
    seen.add(index);
    return { ...candidate, relevanceScore };
  });
}
