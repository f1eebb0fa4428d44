import type { Clock } from "../clock.ts";
import { errorFromAbort, RerankError } from "../errors.ts";
import type { Backend } from "../inference/backend.ts";
import type { Encoding } from "../tokenizer/tokenizer.ts";
import { type AdmissionLimits, type Outlook, refusalOf, slackTokensOf } from "./admission.ts";
import { type BatchPolicy, createFairQueue, type QueuedPair } from "./fair-queue.ts";
import { packBatch } from "./pack-batch.ts";
import { createThroughput } from "./throughput.ts";

/** Who waits for the scores, and how long. */
export interface ScoreCall {
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Milliseconds until the caller gives up; undefined if it did not say. */
  readonly timeoutMs?: number | undefined;
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

/** Puts pairs of all requests through one backend. */
export interface Scheduler {
  /**
   * Scores the pairs of one request. Rejects with RerankError: `resource_exhausted`, before any
   * work, if the queue has no room for the whole request or it could not be done in time; the error
   * of `errorFromAbort` once the signal aborts; or the error of the backend.
   */
  score(encodings: readonly Encoding[], call: ScoreCall): Promise<ScoredPairs>;
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
  readonly limits: AdmissionLimits;
}

/** Batches handed to the backend at a time: one that runs and one that is ready when it ends. */
const maxBatchesInFlight = 2;

interface Job {
  readonly encodings: readonly Encoding[];
  readonly logits: Float32Array;
  missing: number;
  inferenceMs: number;
  settle(error?: RerankError): void;
}

interface Placement {
  readonly lengths: readonly number[];
  readonly slackTokens: number;
  readonly signal: AbortSignal;
}

/**
 * Returns a scheduler: the shell around the queue's policy.
 *
 * A batch starts as soon as the backend can take one; nothing waits to fill a batch, because the
 * queue fills by itself while the model is busy. A request that is cancelled or expires leaves the
 * queue at once; the batch that runs ends by itself.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { backend, clock, policy, padId, limits } = options;
  const queue = createFairQueue<Job>(policy);
  const throughput = createThroughput();
  let runningTokens = 0;
  let inFlight = 0;
  let lastDoneMs = 0;

  async function score(
    encodings: readonly Encoding[],
    { signal, timeoutMs }: ScoreCall,
  ): Promise<ScoredPairs> {
    if (signal.aborted) throw errorFromAbort(signal);
    const lengths = encodings.map((encoding) => encoding.inputIds.length);
    const outlook = outlookOf(lengths, timeoutMs);
    const refusal = refusalOf(outlook, limits);
    if (refusal) throw refusal;
    if (encodings.length === 0) return { logits: new Float32Array(0), queueMs: 0, inferenceMs: 0 };
    const slackTokens = slackTokensOf(outlook);
    return await enqueue(encodings, { lengths, slackTokens, signal });
  }

  function outlookOf(lengths: readonly number[], timeoutMs: number | undefined): Outlook {
    const ownTokens = lengths.reduce((sum, length) => sum + length, 0);
    return {
      queuedTokens: queue.tokens,
      aheadTokens: queue.tokensAheadOf(ownTokens) + runningTokens,
      ownTokens,
      tokensPerSecond: throughput.tokensPerSecond,
      timeoutMs,
    };
  }

  function enqueue(
    encodings: readonly Encoding[],
    { lengths, slackTokens, signal }: Placement,
  ): Promise<ScoredPairs> {
    const enqueuedMs = clock.nowMs();
    return new Promise((resolve, reject) => {
      const job: Job = {
        encodings,
        logits: new Float32Array(encodings.length),
        missing: encodings.length,
        inferenceMs: 0,
        settle(error) {
          signal.removeEventListener("abort", onAbort);
          queue.remove(job);
          if (error) reject(error);
          const { logits, inferenceMs } = job;
          resolve({ logits, inferenceMs, queueMs: clock.nowMs() - enqueuedMs - inferenceMs });
        },
      };
      const onAbort = () => job.settle(errorFromAbort(signal));
      signal.addEventListener("abort", onAbort, { once: true });
      queue.add(job, lengths, slackTokens);
      pump();
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
    const startedMs = clock.nowMs();
    try {
      const logits = await backend.score(packBatch(encodings, padId));
      // The backend runs one batch at a time: this one began when it came or when the one before
      // was done.
      const nowMs = clock.nowMs();
      const ranMs = nowMs - Math.max(startedMs, lastDoneMs);
      lastDoneMs = nowMs;
      throughput.record(tokens, ranMs);
      for (const job of new Set(batch.map(({ key }) => key))) job.inferenceMs += ranMs;
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

  /**
   * Fails the requests of a batch. If the fault may lie in one of them, the others are tried
   * without it first.
   */
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
