import { RerankError } from "../errors.ts";

/**
 * How much longer than estimated a request may take and still meet its deadline. Work that expires
 * on the way is lost to everybody.
 */
const deadlineCaution = 1.25;

/** What a request would find if it came now. */
export interface Outlook {
  /** Tokens that wait, of all requests. */
  readonly queuedTokens: number;
  /** Tokens that run before the request would be done, its own left out. */
  readonly aheadTokens: number;
  /** Tokens of the request. */
  readonly ownTokens: number;
  /** How fast the model runs; undefined while it is not known. */
  readonly tokensPerSecond: number | undefined;
  /** Milliseconds until the caller gives up; undefined if it did not say. */
  readonly timeoutMs: number | undefined;
}

/**
 * Returns the tokens that may still go ahead of a request that is taken, so that it meets its
 * deadline; infinite without one, or while the speed is not known.
 */
export function slackTokensOf(outlook: Outlook): number {
  const { aheadTokens, ownTokens, tokensPerSecond, timeoutMs } = outlook;
  if (timeoutMs === undefined || tokensPerSecond === undefined) return Number.POSITIVE_INFINITY;
  return (timeoutMs * tokensPerSecond) / (1000 * deadlineCaution) - aheadTokens - ownTokens;
}

/** How much may wait. */
export interface AdmissionLimits {
  /** Most tokens that may wait. A request that finds the queue empty is taken whatever its size. */
  readonly maxQueueTokens: number;
  /**
   * Longest that a request may wait for others, in milliseconds, where its caller set no deadline.
   */
  readonly maxQueueMs: number;
}

/**
 * Returns why a request is refused, or undefined if it is taken: the queue has no room for all of
 * it, it cannot be done before its deadline, or it would wait too long. The error tells after which
 * time there may be room.
 */
export function refusalOf(outlook: Outlook, limits: AdmissionLimits): RerankError | undefined {
  const { queuedTokens, aheadTokens, ownTokens, tokensPerSecond, timeoutMs } = outlook;
  const msOf = (tokens: number) =>
    tokensPerSecond === undefined ? 0 : (tokens * 1000) / tokensPerSecond;

  const overTokens = queuedTokens + ownTokens - limits.maxQueueTokens;
  if (queuedTokens > 0 && overTokens > 0) {
    return refusal("the queue is full", msOf(Math.min(overTokens, queuedTokens)));
  }
  const waitMs = msOf(aheadTokens);
  if (timeoutMs !== undefined) {
    const overMs = deadlineCaution * (waitMs + msOf(ownTokens)) - timeoutMs;
    if (overMs <= 0) return undefined;
    return refusal("the request would not be done before its deadline", Math.min(overMs, waitMs));
  }
  if (waitMs <= limits.maxQueueMs) return undefined;
  return refusal("the request would wait too long", waitMs - limits.maxQueueMs);
}

function refusal(reason: string, waitMs: number): RerankError {
  const retryAfterMs = Math.max(1, Math.ceil(waitMs));
  const message = `${reason}; try again in about ${Math.ceil(retryAfterMs / 1000)} s`;
  return new RerankError("resource_exhausted", message, { retryAfterMs });
}
