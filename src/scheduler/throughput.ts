/** How fast the model runs, measured while it works. Pure. */
export interface Throughput {
  /** Tokens a second, padding not counted; undefined until the first batch is done. */
  readonly tokensPerSecond: number | undefined;
  /** Records that a batch of `tokens` took `ms` of the model's time. */
  record(tokens: number, ms: number): void;
}

/**
 * Weight of what was known after each new second of work: older figures fade within a few seconds.
 */
const decayPerSecond = 0.7;

/** Returns an estimate in which recent work counts more. */
export function createThroughput(): Throughput {
  let seconds = 0;
  let tokens = 0;
  return {
    get tokensPerSecond() {
      return seconds > 0 ? tokens / seconds : undefined;
    },
    record(batchTokens, ms) {
      const elapsed = ms / 1000;
      const keep = decayPerSecond ** elapsed;
      seconds = seconds * keep + elapsed;
      tokens = tokens * keep + batchTokens;
    },
  };
}
