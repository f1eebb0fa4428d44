/** Encoded pairs as one rectangle of token ids: what the model computes at once. */
export interface EncodedBatch {
  /** Number of pairs. */
  readonly rows: number;
  /** Tokens in each row after padding. */
  readonly length: number;
  /** Token ids, row-major, `rows * length`; cells past a row's length hold the padding id. */
  readonly inputIds: Int32Array<ArrayBuffer>;
  /**
   * Segment ids, row-major, `rows * length`: 0 query, 1 document. Fed only to graphs that have the
   * input.
   */
  readonly typeIds: Uint8Array<ArrayBuffer>;
  /** Tokens in each row before padding, `rows`. The attention mask follows from it. */
  readonly lengths: Int32Array<ArrayBuffer>;
  /**
   * Tokens at the start of each row that other pairs of its query have as well, `rows`: a causal
   * graph computes them once. Default: none.
   */
  readonly prefixLengths?: Int32Array<ArrayBuffer>;
}

/** A time without a loaded model. */
export interface Outage {
  /** About how long until batches are taken again, in milliseconds; 0 or more. */
  readonly remainingMs: number;
  /**
   * Resolves when more is known: batches are taken again, the next try is planned, or the backend is
   * closed. Never rejects.
   */
  readonly changed: Promise<void>;
}

/**
 * Runs a cross-encoder: the only interface between the server and an inference runtime.
 *
 * A backend runs one batch at a time; a caller that has the next batch ready may hand it over while
 * one runs.
 */
export interface Backend {
  /**
   * Returns one logit per row. The arrays of the batch belong to the backend from the call on (they
   * may be transferred to a thread). Rejects with RerankError `unavailable` while the model is not
   * loaded, and with WorkerCrashError if its worker dies before it answered; `outage` then
   * describes when the next one starts.
   */
  score(batch: EncodedBatch): Promise<Float32Array>;
  /** What the model runs on now, for example `cpu`. Absent where it never changes. */
  readonly device?: string | undefined;
  /** Set while a crashed worker is being replaced. Absent where that cannot be. */
  readonly outage?: Outage | undefined;
  /**
   * Waits for the running batch, then frees the model. Later calls of `score` reject with
   * `unavailable`.
   */
  close(): Promise<void>;
}
