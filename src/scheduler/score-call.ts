import type { ScoreObserver } from "./observation.ts";

/** Who waits for the scores, and how long. */
export interface ScoreCall {
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Milliseconds until the caller gives up; undefined if it did not say. */
  readonly timeoutMs?: number | undefined;
  /** What these milliseconds were before the texts were read. Default: `timeoutMs`. */
  readonly grantedMs?: number | undefined;
  /** Hears how the pairs went through. */
  readonly observer?: ScoreObserver | undefined;
}

/** The scores of one request. */
export interface ScoredPairs {
  /** One for each encoding, in order. */
  readonly logits: Float32Array;
  /** How long the request waited while the model worked for others, in milliseconds. */
  readonly queueMs: number;
  /** How long the model worked on batches with pairs of the request, in milliseconds. */
  readonly inferenceMs: number;
}
