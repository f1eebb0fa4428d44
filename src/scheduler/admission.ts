import { RerankError } from "../errors.ts";

/**
 * Safety factor: how much longer than expected a request may take and still meet its deadline. Work
 * that expires on the way is lost to everybody.
 */
const deadlineCaution = 1.25;

/** What a request would find if it came now. */
export interface Outlook {
  /** Tokens that wait, of all requests. */
  readonly queuedTokens: number;
  /** How long the model takes for them, in milliseconds; undefined while nothing is known. */
  readonly queueMs: number | undefined;
  /** Whether no request waits; the model may still be running. */
  readonly nothingWaits: boolean;
  /** Whether a request is under way that was taken only to see how long it takes. */
  readonly isProbing: boolean;
  /** Tokens of the request. */
  readonly ownTokens: number;
  /**
   * Milliseconds until those before it are done, and that it takes itself; undefined while nothing
   * is known.
   */
  readonly waitMs: number | undefined;
  readonly ownMs: number | undefined;
  /** What it takes itself at the very least; 0 where its size was not measured lately. */
  readonly leastOwnMs: number;
  /** undefined if the caller did not say. */
  readonly deadline: Deadline | undefined;
}

/** When a caller gives up. */
export interface Deadline {
  /** Milliseconds from now. */
  readonly timeoutMs: number;
  /** Milliseconds from when the request came, before its texts were read. */
  readonly grantedMs: number;
}

/** Returns a deadline, or undefined without a time. Default: all of the granted time is left. */
export function deadlineOf(
  timeoutMs: number | undefined,
  grantedMs = timeoutMs,
): Deadline | undefined {
  return timeoutMs === undefined || grantedMs === undefined ? undefined : { timeoutMs, grantedMs };
}

/** How much may wait. */
export interface AdmissionLimits {
  /** Most tokens that may wait. A request that finds nothing waiting is taken whatever its size. */
  readonly maxQueueTokens: number;
  /**
   * Longest that a request may wait for others, in milliseconds, where its caller set no deadline.
   */
  readonly maxQueueMs: number;
}

/** How a request is taken. */
export interface Admission {
  /** How long later ones that go ahead of it may take, in milliseconds, so that it is done in time. */
  readonly slackMs: number;
  /** Whether it may miss its deadline, and is taken to see whether it does. */
  readonly isProbe: boolean;
}

const unbound: Admission = { slackMs: Number.POSITIVE_INFINITY, isProbe: false };

/**
 * Decides about a request. Throws a RerankError `resource_exhausted` if the queue has no space for
 * all of it, if it would wait too long, or if it cannot be done before its deadline. The error says
 * after which time there may be space; without such a time, it would be refused again as long as
 * others wait. Throws `deadline_exceeded` if no time is left.
 *
 * While nothing waits, a request is refused only if runs of its size were measured a moment ago and
 * it would be late even if the model were much faster. Else it is taken and measured: an estimate
 * that refuses everything would never be corrected. While others wait, one such request at a time
 * is taken, if its size was not measured lately.
 */
export function admit(outlook: Outlook, limits: AdmissionLimits): Admission {
  const { nothingWaits, waitMs = 0, deadline } = outlook;
  checkQueue(outlook, limits);
  if (deadline !== undefined) return admitBefore(deadline, outlook);
  if (nothingWaits || waitMs <= limits.maxQueueMs) return unbound;
  const overMs = waitMs - limits.maxQueueMs;
  throw refusal("the request would wait too long", overMs, limits.maxQueueMs);
}

function checkQueue(outlook: Outlook, { maxQueueTokens }: AdmissionLimits): void {
  const { nothingWaits, queuedTokens, ownTokens, queueMs = 0 } = outlook;
  if (nothingWaits) return;
  if (ownTokens > maxQueueTokens) {
    const what = `it has ${ownTokens} tokens, and the queue takes ${maxQueueTokens} at most`;
    throw refusalForGood(
      `the request can never fit beside others: ${what}; send fewer or shorter documents`,
      maxQueueTokens,
    );
  }
  const over = queuedTokens + ownTokens - maxQueueTokens;
  if (over > 0) {
    throw refusal("the queue is full", (queueMs * over) / queuedTokens, maxQueueTokens);
  }
}

function admitBefore(deadline: Deadline, outlook: Outlook): Admission {
  const { timeoutMs, grantedMs } = deadline;
  const { waitMs, ownMs, ownTokens, leastOwnMs } = outlook;
  if (timeoutMs <= 0) {
    const message = "the deadline passed before the request was done";
    throw new RerankError("deadline_exceeded", message);
  }
  if (waitMs === undefined || ownMs === undefined) return unbound;
  const spareMs = timeoutMs / deadlineCaution - waitMs - ownMs;
  if (spareMs >= 0) return { slackMs: spareMs, isProbe: false };
  const hopeless = hopelessRefusal({ ownTokens, ownMs, leastOwnMs, grantedMs });
  if (hopeless) throw hopeless;
  const isUnknown = leastOwnMs === 0 && !outlook.isProbing;
  // If it cannot be in time it is promised nothing; otherwise no later request goes ahead of it.
  const slackMs = waitMs + ownMs > timeoutMs ? Number.POSITIVE_INFINITY : 0;
  if (outlook.nothingWaits || isUnknown) return { slackMs, isProbe: true };
  const overMs = deadlineCaution * -spareMs;
  const reason = "the request would not be done before its deadline";
  throw refusal(reason, Math.min(overMs, waitMs), Math.floor(grantedMs));
}

/** What a request alone takes, and how long its caller waits, in milliseconds. */
export interface Alone {
  readonly ownTokens: number;
  readonly ownMs: number;
  readonly leastOwnMs: number;
  readonly grantedMs: number;
}

/**
 * Returns why a request is refused that would miss its deadline even if it had a much faster model
 * for itself; undefined if it might not.
 */
export function hopelessRefusal(alone: Alone): RerankError | undefined {
  const { ownTokens, ownMs, leastOwnMs, grantedMs } = alone;
  if (leastOwnMs <= grantedMs) return undefined;
  const what = `its ${ownTokens} tokens take about ${Math.round(ownMs)} ms, and its deadline allows ${Math.floor(grantedMs)} ms`;
  return refusalForGood(
    `the request can never meet its deadline: ${what}; send fewer or shorter documents, or allow more time`,
    Math.floor(grantedMs),
  );
}

function refusal(reason: string, waitMs: number, limit: number): RerankError {
  const retryAfterMs = Math.max(1, Math.ceil(waitMs));
  const message = `${reason}; try again in about ${Math.ceil(retryAfterMs / 1000)} s`;
  return new RerankError("resource_exhausted", message, { retryAfterMs, limit });
}

/** Without a time to wait, the same request is not to be sent again. */
function refusalForGood(message: string, limit: number): RerankError {
  return new RerankError("resource_exhausted", message, { limit });
}
