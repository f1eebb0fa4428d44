import { setTimeout as delay } from "node:timers/promises";
import { RerankClientError } from "./client-error.ts";

/** Most attempts of one call, the first among them. */
const maxAttempts = 4;

/** The wait before the second attempt, in milliseconds; doubled before each further one. */
const initialBackoffMs = 50;

/** What a retry depends on. */
export interface RetryOptions {
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Whether an error with `unavailable` is worth another attempt. */
  readonly isRetryable: () => boolean;
}

/**
 * Calls until the outcome is another than `unavailable`, four times at most, 50, 100 and 200 ms
 * apart, give or take a fifth. Rejects with the last error.
 */
export async function retryUnavailable<Answer>(
  attempt: () => Promise<Answer>,
  { signal, isRetryable }: RetryOptions,
): Promise<Answer> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      const unavailable = error instanceof RerankClientError && error.code === "unavailable";
      if (!unavailable || attempts === maxAttempts || !isRetryable()) throw error;
    }
    const jitter = 0.8 + 0.4 * Math.random();
    await delay(initialBackoffMs * 2 ** (attempts - 1) * jitter, undefined, { signal });
  }
}
