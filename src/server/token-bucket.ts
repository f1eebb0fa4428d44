/** The allowed rate of an event. */
export interface Rate {
  /** How many times at once. */
  readonly burst: number;
  /** How many times in a second, in the long run. */
  readonly perSecond: number;
}

/**
 * Returns a function that counts one event and returns whether it is within the rate. `nowMs` is a
 * clock that only goes on.
 */
export function createTokenBucket(
  { burst, perSecond }: Rate,
  nowMs: () => number = () => performance.now(),
): () => boolean {
  let tokens = burst;
  let lastMs = nowMs();
  return () => {
    const now = nowMs();
    tokens = Math.min(burst, tokens + ((now - lastMs) / 1_000) * perSecond);
    lastMs = now;
    // What is over the rate does not count: after a flood the rate is what it was.
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
