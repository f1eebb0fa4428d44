import type { RerankError } from "../errors.ts";
import type { Encoding } from "../tokenizer/tokenizer.ts";
import type { QueuedPair } from "./fair-queue.ts";
import type { LosableJob } from "./lost-batches.ts";
import type { BatchStats } from "./observation.ts";

/** The pairs of one request, and what is known of them so far. */
export interface Job extends LosableJob {
  readonly encodings: readonly Encoding[];
  readonly logits: Float32Array;
  /** Pairs without a logit. */
  missing: number;
  inferenceMs: number;
  readonly enqueuedMs: number;
  /** When the model began with the first of the pairs; undefined if it has not. */
  beganMs: number | undefined;
  /** Runs of the model that the pairs were in. */
  batches: number;
  /** Until when it may wait for a new worker. */
  readonly endMs: number;
  settled: boolean;
  /** Answers the request, or fails it. */
  settle(error?: RerankError): void;
}

/** Returns the encoding of a pair. */
export function encodingOf({ key, pair }: QueuedPair<Job>): Encoding {
  return key.encodings[pair] as Encoding;
}

/** Returns the tokens of a batch, without padding. */
export function tokensOf(batch: readonly QueuedPair<Job>[]): number {
  return batch.reduce((sum, queued) => sum + encodingOf(queued).inputIds.length, 0);
}

/** Notes in the requests of a batch that the model worked on it. */
export function recordRun(batch: readonly QueuedPair<Job>[], beganMs: number, ranMs: number): void {
  for (const job of new Set(batch.map(({ key }) => key))) {
    job.beganMs ??= beganMs;
    job.batches += 1;
    job.inferenceMs += ranMs;
  }
}

/** Returns what there is to tell of a run. */
export function statsOf(
  encodings: readonly Encoding[],
  ranMs: number,
  failed: boolean,
): BatchStats {
  const rows = encodings.length;
  const lengths = encodings.map(({ inputIds }) => inputIds.length);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  return { rows, tokens, paddingTokens: rows * longest - tokens, ranMs, failed };
}
