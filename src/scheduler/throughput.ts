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

/**
 * The most seconds of work that one batch counts for. A process that was frozen, or a machine that
 * slept, measures one batch of many seconds: taken at its word, it would make every deadline seem out
 * of reach, and a server that refuses everything measures nothing any more.
 */
const maxSecondsOfBatch = 1;

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
      const counted = Math.min(elapsed, maxSecondsOfBatch);
      const keep = decayPerSecond ** counted;
      seconds = seconds * keep + counted;
      tokens = tokens * keep + batchTokens * (elapsed > 0 ? counted / elapsed : 1);
    },
  };
}
