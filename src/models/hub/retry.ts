import { setTimeout as sleep } from "node:timers/promises";
import { HubStatusError } from "./hub-fetch.ts";

/** The number of attempts and the waits between them. */
export interface RetryPolicy {
  /** Attempts in a row without progress, the first one included. */
  readonly attempts: number;
  /** The wait after the first failure, in milliseconds; it doubles each time. */
  readonly firstDelayMs: number;
}

/**
 * Five attempts over about eight seconds: long enough for a restart of a proxy, short enough to
 * watch.
 */
export const defaultRetryPolicy: RetryPolicy = { attempts: 5, firstDelayMs: 500 };

/** Longest wait between attempts where the hub does not say, in milliseconds. */
const maxDelayMs = 30_000;

/** A hub that asks for more patience than this is taken as down, in milliseconds. */
const maxAskedDelayMs = 300_000;

const temporaryStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

/** The error of a download that broke off in a way that a retry may fix. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/**
 * Calls `attempt` until it succeeds, fails for good, or has failed `policy.attempts` times in a
 * row. An attempt that got somewhere calls `progressed`, which starts the count again. Rejects with
 * the last attempt's error, or with an AbortError as soon as `signal` aborts.
 */
export async function retry<T>(
  attempt: (progressed: () => void) => Promise<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<T> {
  let failures = 0;
  const progressed = () => {
    failures = 0;
  };
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt(progressed);
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      if (failures >= policy.attempts || !isTemporary(error)) throw error;
      const delayMs = Math.min(policy.firstDelayMs * 2 ** (failures - 1), maxDelayMs);
      const askedMs = error instanceof HubStatusError ? (error.retryAfterMs ?? 0) : 0;
      if (askedMs > maxAskedDelayMs) throw error;
      await sleep(Math.max(delayMs, askedMs), undefined, { signal });
    }
  }
}

function isTemporary(error: unknown): boolean {
  if (error instanceof HubStatusError) return temporaryStatuses.has(error.status);
  return error instanceof InterruptedError || isNetworkError(error);
}

/**
 * Tells whether an error came from the network: `fetch` rejects with a TypeError whose cause has a
 * code.
 */
export function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "TimeoutError") return true;
  return error instanceof TypeError && error.cause instanceof Error;
}
