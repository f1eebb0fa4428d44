import { errorFromAbort, RerankError } from "../errors.ts";
import type { Backend } from "../inference/backend.ts";
import type { Encoding } from "../tokenizer/tokenizer.ts";
import type { Clock } from "./clock.ts";
import { type BatchPolicy, createFairQueue, type QueuedPair } from "./fair-queue.ts";
import { packBatch } from "./pack-batch.ts";
import { createThroughput } from "./throughput.ts";

/** Puts pairs of all requests through one backend. */
export interface Scheduler {
  /**
   * Returns one logit per encoding, in order. Rejects with RerankError: `resource_exhausted` if the queue has no room for
   * the whole request, the error of `errorFromAbort` once `signal` aborts, or the error of the backend.
   */
  score(encodings: readonly Encoding[], signal: AbortSignal): Promise<Float32Array>;
  /** Tokens that wait or run. */
  readonly pendingTokens: number;
}

/** What a scheduler works with. */
export interface SchedulerOptions {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly policy: BatchPolicy;
  /** The id that fills a row after its last token. */
  readonly padId: number;
  /** Most tokens that may wait. A request that finds the queue empty is taken whatever its size. */
  readonly maxQueueTokens: number;
}

/** Batches handed to the backend at a time: one that runs and one that is ready when it ends. */
const maxBatchesInFlight = 2;

interface Job {
  readonly encodings: readonly Encoding[];
  readonly logits: Float32Array;
  missing: number;
  settle(error?: RerankError): void;
}

/**
 * Returns a scheduler: the shell around the queue's policy.
 *
 * A batch starts as soon as the backend can take one; nothing waits to fill a batch, because the queue fills by itself
 * while the model is busy. A request that is cancelled or expires leaves the queue at once; the batch that runs ends
 * by itself.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { backend, clock, policy, padId, maxQueueTokens } = options;
  const queue = createFairQueue<Job>(policy);
  const throughput = createThroughput();
  let runningTokens = 0;
  let inFlight = 0;
  let lastDoneMs = 0;

  function score(encodings: readonly Encoding[], signal: AbortSignal): Promise<Float32Array> {
    if (signal.aborted) return Promise.reject(errorFromAbort(signal));
    if (encodings.length === 0) return Promise.resolve(new Float32Array(0));
    const lengths = encodings.map((encoding) => encoding.inputIds.length);
    const refusal = refuse(lengths.reduce((sum, length) => sum + length, 0));
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const job: Job = {
        encodings,
        logits: new Float32Array(encodings.length),
        missing: encodings.length,
        settle(error) {
          signal.removeEventListener("abort", onAbort);
          queue.remove(job);
          if (error) reject(error);
          else resolve(job.logits);
        },
      };
      const onAbort = () => job.settle(errorFromAbort(signal));
      signal.addEventListener("abort", onAbort, { once: true });
      queue.add(job, lengths);
      pump();
    });
  }

  function refuse(tokens: number): RerankError | undefined {
    if (queue.tokens === 0 || queue.tokens + tokens <= maxQueueTokens) return undefined;
    const { tokensPerSecond } = throughput;
    const retryAfterMs = tokensPerSecond ? (queue.tokens / tokensPerSecond) * 1000 : 1000;
    return new RerankError("resource_exhausted", "the queue is full, try again later", {
      retryAfterMs: Math.ceil(retryAfterMs),
    });
  }

  function pump(): void {
    while (inFlight < maxBatchesInFlight) {
      const batch = queue.takeBatch();
      if (batch.length === 0) return;
      inFlight += 1;
      void run(batch);
    }
  }

  async function run(batch: readonly QueuedPair<Job>[]): Promise<void> {
    await scoreBatch(batch);
    inFlight -= 1;
    pump();
  }

  async function scoreBatch(batch: readonly QueuedPair<Job>[]): Promise<void> {
    const encodings = batch.flatMap(({ key, pair }) => key.encodings[pair] ?? []);
    const tokens = encodings.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
    runningTokens += tokens;
    const startedMs = clock.now();
    try {
      const logits = await backend.score(packBatch(encodings, padId));
      const nowMs = clock.now();
      throughput.record(tokens, nowMs - Math.max(startedMs, lastDoneMs));
      lastDoneMs = nowMs;
      batch.forEach(({ key, pair }, row) => {
        key.logits[pair] = logits[row] ?? Number.NaN;
        key.missing -= 1;
        if (key.missing === 0) key.settle();
      });
    } catch (error) {
      await failBatch(batch, error);
    } finally {
      runningTokens -= tokens;
    }
  }

  /** Fails the requests of a batch. If the fault may lie in one of them, the others are tried without it first. */
  async function failBatch(batch: readonly QueuedPair<Job>[], cause: unknown): Promise<void> {
    const error =
      cause instanceof RerankError
        ? cause
        : new RerankError("internal", "the model could not score the documents", { cause });
    const jobs = new Set(batch.map(({ key }) => key));
    for (const job of jobs) {
      if (error.code !== "internal" || jobs.size === 1) job.settle(error);
      else await scoreBatch(batch.filter(({ key }) => key === job));
    }
  }

  return {
    score,
    get pendingTokens() {
      return queue.tokens + runningTokens;
    },
  };
}
