import type { Clock } from "../clock.ts";
import { errorFromAbort, RerankError, WorkerCrashError } from "../errors.ts";
import type { Backend, Outage } from "../inference/backend.ts";
import type { Encoding } from "../tokenizer/tokenizer.ts";
import { type AdmissionLimits, type Outlook, refusalOf, slackTokensOf } from "./admission.ts";
import { type BatchPolicy, createFairQueue, type QueuedPair } from "./fair-queue.ts";
import { encodingOf, type Job, recordRun, statsOf, tokensOf } from "./job.ts";
import { createLostBatches } from "./lost-batches.ts";
import type { BatchStats, QueueSnapshot } from "./observation.ts";
import { packBatch } from "./pack-batch.ts";
import type { ScoreCall, ScoredPairs } from "./score-call.ts";
import { createThroughput } from "./throughput.ts";

/** Puts pairs of all requests through one backend. */
export interface Scheduler {
  /**
   * Throws what `score` would reject with now if the request had `tokens` tokens, for callers that
   * guess how many there are at least before they know. Never throws while no request waits, so
   * that a wrong guess refuses nothing for long.
   */
  checkRoom(tokens: number, timeoutMs: number | undefined): void;
  /**
   * Scores the pairs of one request. Rejects with RerankError: `unavailable`, before any work, if
   * it cannot wait until a crashed worker is replaced; `resource_exhausted`, before any work, if the queue has no
   * room for the whole request or it could not be done in time; the error of `errorFromAbort` once
   * the signal aborts; or the error of the backend.
   */
  score(encodings: readonly Encoding[], call: ScoreCall): Promise<ScoredPairs>;
  /** Tokens that wait or run. */
  readonly pendingTokens: number;
  /** Returns what waits now. It looks at every waiting request, so it is for a reader now and then. */
  snapshot(): QueueSnapshot;
}

/** What a scheduler works with. */
export interface SchedulerOptions {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly policy: BatchPolicy;
  /** The id that fills a row after its last token. */
  readonly padId: number;
  readonly limits: AdmissionLimits;
  /** Hears of every run of the model when it has ended. Must not throw. */
  readonly onBatch?: ((batch: BatchStats) => void) | undefined;
}

/** Batches handed to the backend at a time: one that runs and one that is ready when it ends. */
const maxBatchesInFlight = 2;

/**
 * Longest that a request without a deadline waits for a crashed worker to be replaced, in
 * milliseconds: several times what loading a model takes.
 */
const maxOutageWaitMs = 10_000;

interface Placement extends Pick<ScoreCall, "signal" | "observer"> {
  readonly lengths: readonly number[];
  readonly tokens: number;
  readonly slackTokens: number;
  /** How long it may wait for a new worker, in milliseconds. */
  readonly patienceMs: number;
}

/**
 * Returns a scheduler: the shell around the queue's policy.
 *
 * A batch starts as soon as the backend can take one; nothing waits to fill a batch, because the
 * queue fills by itself while the model is busy. A request that is cancelled or expires leaves the
 * queue at once; the batch that runs ends by itself.
 *
 * While a crashed worker is being replaced, requests wait for the new one if their deadline allows,
 * and are refused if not. The batches that the worker held are tried once more, each
 * alone, so that the next crash has one suspect.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { backend, clock, policy, padId, limits, onBatch } = options;
  const queue = createFairQueue<Job>(policy);
  const throughput = createThroughput();
  const lost = createLostBatches<Job>();
  const jobs = new Set<Job>();
  let runningTokens = 0;
  let inFlight = 0;
  let isRetrying = false;
  let isWaiting = false;
  let lastDoneMs = 0;

  async function score(
    encodings: readonly Encoding[],
    { signal, timeoutMs, observer }: ScoreCall,
  ): Promise<ScoredPairs> {
    if (signal.aborted) throw errorFromAbort(signal);
    if (encodings.length === 0) return { logits: new Float32Array(0), queueMs: 0, inferenceMs: 0 };
    const lengths = encodings.map((encoding) => encoding.inputIds.length);
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const { outlook, patienceMs } = admit(tokens, timeoutMs);
    const slackTokens = slackTokensOf(outlook);
    const placement = { lengths, tokens, slackTokens, signal, patienceMs, observer };
    return await enqueue(encodings, placement);
  }

  function admit(
    ownTokens: number,
    timeoutMs: number | undefined,
  ): { readonly outlook: Outlook; readonly patienceMs: number } {
    const patienceMs = timeoutMs ?? Math.min(limits.maxQueueMs, maxOutageWaitMs);
    const { outage } = backend;
    if (outage !== undefined && patienceMs < outage.remainingMs) throw notNow(outage);
    const outlook: Outlook = {
      queuedTokens: queue.tokens,
      aheadTokens: queue.tokensAheadOf(ownTokens) + runningTokens + lostTokens(),
      ownTokens,
      tokensPerSecond: throughput.tokensPerSecond,
      timeoutMs,
    };
    const refusal = refusalOf(outlook, limits);
    if (refusal) throw refusal;
    return { outlook, patienceMs };
  }

  function enqueue(
    encodings: readonly Encoding[],
    { lengths, tokens, slackTokens, signal, patienceMs, observer }: Placement,
  ): Promise<ScoredPairs> {
    const enqueuedMs = clock.nowMs();
    return new Promise((resolve, reject) => {
      const job: Job = {
        encodings,
        logits: new Float32Array(encodings.length),
        missing: encodings.length,
        inferenceMs: 0,
        enqueuedMs,
        beganMs: undefined,
        batches: 0,
        endMs: enqueuedMs + patienceMs,
        losses: 0,
        lastCrash: undefined,
        kills: 0,
        settled: false,
        settle(error) {
          // A request that was cancelled may still be in the batch that runs.
          if (job.settled) return;
          job.settled = true;
          jobs.delete(job);
          signal.removeEventListener("abort", onAbort);
          queue.remove(job);
          const { logits, inferenceMs, beganMs, batches } = job;
          const endedMs = clock.nowMs();
          const pairs = encodings.length;
          observer?.scored({ enqueuedMs, beganMs, endedMs, pairs, tokens, batches });
          if (error) reject(error);
          resolve({ logits, inferenceMs, queueMs: endedMs - enqueuedMs - inferenceMs });
        },
      };
      const onAbort = () => job.settle(errorFromAbort(signal));
      signal.addEventListener("abort", onAbort, { once: true });
      jobs.add(job);
      queue.add(job, lengths, slackTokens);
      pump();
    });
  }

  function pump(): void {
    if (backend.outage !== undefined) {
      if (!isWaiting) void waitForWorker();
      return;
    }
    while (inFlight < maxBatchesInFlight && !isRetrying) {
      if (lost.waiting.length > 0 && inFlight > 0) return;
      const retry = lost.take();
      const batch = retry ?? queue.takeBatch();
      if (batch.length === 0) return;
      isRetrying = retry !== undefined;
      inFlight += 1;
      void run(batch);
    }
  }

  async function run(batch: readonly QueuedPair<Job>[]): Promise<void> {
    await scoreBatch(batch);
    inFlight -= 1;
    isRetrying = false;
    pump();
  }

  /** Refuses the requests that cannot wait for the new worker, as often as more is known of it. */
  async function waitForWorker(): Promise<void> {
    isWaiting = true;
    for (let { outage } = backend; outage !== undefined; { outage } = backend) {
      const readyMs = clock.nowMs() + outage.remainingMs;
      for (const job of [...jobs]) if (job.endMs < readyMs) job.settle(notNow(outage));
      await outage.changed;
    }
    isWaiting = false;
    pump();
  }

  function lostTokens(): number {
    return tokensOf(lost.waiting.flat().filter(({ key }) => !key.settled));
  }

  async function scoreBatch(batch: readonly QueuedPair<Job>[]): Promise<void> {
    const encodings = batch.map(encodingOf);
    const tokens = tokensOf(batch);
    runningTokens += tokens;
    const startedMs = clock.nowMs();
    const finish = (failed: boolean): number => {
      // The backend runs one batch at a time: this one began when it came or when the one before
      // was done.
      const nowMs = clock.nowMs();
      const beganMs = Math.max(startedMs, lastDoneMs);
      const ranMs = nowMs - beganMs;
      lastDoneMs = nowMs;
      onBatch?.(statsOf(encodings, ranMs, failed));
      recordRun(batch, beganMs, ranMs);
      return ranMs;
    };
    try {
      const logits = await backend.score(packBatch(encodings, padId));
      throughput.record(tokens, finish(false));
      batch.forEach(({ key, pair }, row) => {
        key.logits[pair] = logits[row] ?? Number.NaN;
        key.missing -= 1;
        if (key.missing === 0) key.settle();
      });
    } catch (error) {
      finish(true);
      if (error instanceof WorkerCrashError) lost.add(batch, error, backend.outage?.remainingMs);
      else await failBatch(batch, error);
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
    const concerned = new Set(batch.map(({ key }) => key));
    for (const job of concerned) {
      if (error.code !== "internal" || concerned.size === 1) job.settle(error);
      else await scoreBatch(batch.filter(({ key }) => key === job));
    }
  }

  return {
    checkRoom(tokens, timeoutMs) {
      if (queue.size > 0) admit(tokens, timeoutMs);
    },
    score,
    get pendingTokens() {
      return queue.tokens + runningTokens + lostTokens();
    },
    snapshot() {
      const again = lost.waiting.flat().filter(({ key }) => !key.settled);
      const since = [...queue.keys(), ...again.map(({ key }) => key)];
      const nowMs = clock.nowMs();
      return {
        pairs: queue.size + again.length,
        tokens: queue.tokens + tokensOf(again),
        oldestMs: since.reduce((most, job) => Math.max(most, nowMs - job.enqueuedMs), 0),
      };
    },
  };
}

function notNow({ remainingMs }: Outage): RerankError {
  const message = "the model is being loaded again; try again";
  return new RerankError("unavailable", message, { retryAfterMs: remainingMs });
}
