/** Statistics of one run of the model. */
export interface BatchStats {
  /** Pairs of the batch. */
  readonly rows: number;
  /** Tokens of these pairs, padding not counted. */
  readonly tokens: number;
  /** Tokens that only fill rows up to the longest. */
  readonly paddingTokens: number;
  /** The model's time for it, in milliseconds. */
  readonly ranMs: number;
  /** Whether it ended with an error. */
  readonly failed: boolean;
}

/** What waits now. */
export interface QueueSnapshot {
  /** Pairs that wait, of all requests. */
  readonly pairs: number;
  /** Tokens of these pairs. */
  readonly tokens: number;
  /** How long the oldest of them has waited, in milliseconds; 0 while nothing waits. */
  readonly oldestMs: number;
}

/** What one worker does now, and did so far. */
export interface WorkerLoad {
  /** Whether it has the model loaded. */
  readonly serving: boolean;
  /** Tokens of the batches that it holds, padding not counted. */
  readonly heldTokens: number;
  /** Runs of the model that ended. */
  readonly runs: number;
  /** How long they took together, in milliseconds. */
  readonly busyMs: number;
}

/** How the pairs of one request went through the queue and the model. */
export interface ScoredStage {
  /** When they came, in milliseconds of the scheduler's clock. */
  readonly enqueuedMs: number;
  /** When the model began with the first of them; undefined if it never did. */
  readonly beganMs: number | undefined;
  /** When the last score was there, or the request failed. */
  readonly endedMs: number;
  readonly pairs: number;
  /** Tokens of these pairs. */
  readonly tokens: number;
  /** Runs of the model that these pairs were in. */
  readonly batches: number;
}

/** Observes one request in the scheduler. Must not throw. */
export interface ScoreObserver {
  /** Called once for a request that was taken, when its scores are there or when it failed. */
  scored(stage: ScoredStage): void;
}

/** Who waits for the scores, and how long. */
export interface ScoreCall {
  /** Aborts when the caller no longer waits. */
  readonly signal: AbortSignal;
  /** Milliseconds until the caller gives up; undefined if it did not say. */
  readonly timeoutMs?: number | undefined;
  /** What these milliseconds were before the texts were read. Default: `timeoutMs`. */
  readonly grantedMs?: number | undefined;
  /** Observes the pairs of the request. */
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
