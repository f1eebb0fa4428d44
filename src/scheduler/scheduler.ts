import type { Clock } from "../clock.ts";
import { errorFromAbort, RerankError, WorkerCrashError } from "../errors.ts";
import type { Backend, Outage } from "../inference/backend.ts";
import type { Encoding } from "../tokenizer/tokenizer.ts";
import {
  type Admission,
  type AdmissionLimits,
  admit,
  type Deadline,
  deadlineOf,
  hopelessRefusal,
} from "./admission.ts";
import { divideBatch, errorOfRequest } from "./divide-batch.ts";
import { createFairQueue, type QueuedPair } from "./fair-queue.ts";
import { createJob, encodingOf, type Job, packBatch, recordRun, statsOf, tokensOf } from "./job.ts";
import { createLostBatches } from "./lost-batches.ts";
import type { BatchStats, QueueSnapshot, ScoreCall, ScoredPairs } from "./observation.ts";
import { createDeviceCosts, type RunCost } from "./run-cost.ts";
import { type BatchPolicy, sumOf, type Work, workOf } from "./work.ts";

/** Puts pairs of all requests through one backend. */
export interface Scheduler {
  /**
   * Throws what `score` would reject with now if the request had `tokens` tokens, for callers that
   * guess how many there are at least before they know. Never throws while no request waits, nor
   * where `score` would refuse for good, so that a wrong guess refuses nothing for long.
   */
  checkRoom(tokens: number, timeoutMs: number | undefined): void;
  /**
   * Scores the pairs of one request. Rejects with RerankError: `unavailable`, before any work, if
   * it cannot wait until a crashed worker is replaced; `resource_exhausted` if the queue has no room
   * for the whole request, it could not be done in time, or a pair does not fit into memory, which
   * `position` names; the error of `errorFromAbort` once the signal aborts; or the error of the
   * backend. What cannot be done in time is refused before any work, or after the first batches if
   * it was unknown how long they take.
   */
  score(encodings: readonly Encoding[], call: ScoreCall): Promise<ScoredPairs>;
  /** Tokens that wait or run. */
  readonly pendingTokens: number;
  /** Returns what waits now. It visits every waiting request: call it rarely. */
  snapshot(): QueueSnapshot;
}

/** The dependencies of a scheduler. */
export interface SchedulerOptions {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly policy: BatchPolicy;
  /** The id that fills a row after its last token. */
  readonly padId: number;
  readonly limits: AdmissionLimits;
  /** Called after each run of the model. Must not throw. */
  readonly onBatch?: ((batch: BatchStats) => void) | undefined;
}

/** Batches handed to the backend at a time: one that runs and one that is ready when it ends. */
const maxBatchesInFlight = 2;

/**
 * Longest that a request without a deadline waits for a crashed worker to be replaced, in
 * milliseconds: several times what loading a model takes.
 */
const maxOutageWaitMs = 10_000;

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
  const costOn = createDeviceCosts();
  const cost = (): RunCost => costOn(backend.device ?? "");
  const lost = createLostBatches<Job>();
  const jobs = new Set<Job>();
  let running: Work = { runs: 0, tokens: 0 };
  let inFlight = 0;
  let isRetrying = false;
  let isWaiting = false;
  let lastDoneMs = 0;

  async function score(
    encodings: readonly Encoding[],
    { signal, timeoutMs, grantedMs, observer }: ScoreCall,
  ): Promise<ScoredPairs> {
    if (signal.aborted) throw errorFromAbort(signal);
    if (encodings.length === 0) return { logits: new Float32Array(0), queueMs: 0, inferenceMs: 0 };
    const lengths = encodings.map((encoding) => encoding.inputIds.length);
    const work = workOf(lengths, policy);
    const deadline = deadlineOf(timeoutMs, grantedMs);
    const { slackMs, isProbe } = admitNow(work, deadline);
    const costMs = cost().expectedMs(work) ?? 0;
    return await new Promise((resolve, reject) => {
      const job = createJob(encodings, {
        clock,
        work,
        deadline,
        isProbe,
        patienceMs: patienceOf(deadline),
        signal,
        observer,
        onSettled(settled) {
          jobs.delete(settled);
          queue.remove(settled);
        },
        resolve,
        reject,
      });
      jobs.add(job);
      queue.add(job, lengths, { cost: costMs, slack: slackMs });
      pump();
    });
  }

  function patienceOf(deadline: Deadline | undefined): number {
    return deadline?.timeoutMs ?? Math.min(limits.maxQueueMs, maxOutageWaitMs);
  }

  function admitNow(own: Work, deadline: Deadline | undefined): Admission {
    const { outage } = backend;
    if (outage !== undefined && patienceOf(deadline) < outage.remainingMs) throw notNow(outage);
    const { expectedMs, leastMs } = cost();
    const ownMs = expectedMs(own);
    const underWay = [running, { runs: lost.waiting.length, tokens: lostTokens() }];
    const ahead = [queue.workAheadOf(own.tokens, ownMs ?? 0), ...underWay];
    return admit(
      {
        queuedTokens: queue.tokens,
        queueMs: expectedMs(queue.work),
        nothingWaits: queue.size === 0 && lost.waiting.length === 0,
        isProbing: [...jobs].some((job) => job.isProbe),
        ownTokens: own.tokens,
        waitMs: expectedMs(sumOf(ahead)),
        ownMs,
        leastOwnMs: leastMs(own, clock.nowMs()),
        deadline,
      },
      limits,
    );
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
    return tokensOf(lost.waiting.flat().filter(isOpen));
  }

  async function scoreBatch(batch: readonly QueuedPair<Job>[]): Promise<void> {
    const encodings = batch.map(encodingOf);
    const work: Work = { runs: policy.rowByRow ? batch.length : 1, tokens: tokensOf(batch) };
    running = sumOf([running, work]);
    const startedMs = clock.nowMs();
    const finish = (failed: boolean): void => {
      // The backend runs one batch at a time: this one began when it came or when the one before
      // was done.
      const endedMs = clock.nowMs();
      const beganMs = Math.max(startedMs, lastDoneMs);
      const ms = endedMs - beganMs;
      lastDoneMs = endedMs;
      onBatch?.(statsOf(encodings, ms, failed));
      recordRun(batch, beganMs, ms);
      running = { runs: running.runs - work.runs, tokens: running.tokens - work.tokens };
      if (!failed) cost().record({ ...work, ms, endedMs });
    };
    try {
      const logits = await backend.score(packBatch(encodings, padId));
      finish(false);
      batch.forEach(({ key, pair }, row) => {
        key.logits[pair] = logits[row] ?? Number.NaN;
        key.missing -= 1;
        if (key.missing === 0) key.settle();
      });
      for (const job of new Set(batch.map(({ key }) => key))) giveUpIfHopeless(job);
    } catch (error) {
      finish(true);
      if (error instanceof WorkerCrashError) lost.add(batch, error, backend.outage?.remainingMs);
      else await failBatch(batch, error);
    }
  }

  /** Refuses a request under way once it is plain that its deadline leaves it too little time. */
  function giveUpIfHopeless({ work, deadline, missing, encodings, enqueuedMs, settle }: Job): void {
    if (deadline === undefined || missing === 0) return;
    const { timeoutMs, grantedMs } = deadline;
    const nowMs = clock.nowMs();
    const leastOwnMs = cost().leastMs(work, nowMs);
    const leastLeftMs = (leastOwnMs * missing) / encodings.length;
    if (nowMs + leastLeftMs <= enqueuedMs + timeoutMs) return;
    const ownMs = cost().expectedMs(work) ?? leastOwnMs;
    const refusal = hopelessRefusal({ ownTokens: work.tokens, ownMs, leastOwnMs, grantedMs });
    if (refusal) settle(refusal);
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
    const open = batch.filter(isOpen);
    const parts = divideBatch(open, error);
    if (parts === undefined) {
      for (const { key, pair } of open) key.settle(errorOfRequest(error, open.length === 1, pair));
      return;
    }
    for (const part of parts) {
      const left = part.filter(isOpen);
      if (left.length > 0) await scoreBatch(left);
    }
  }

  return {
    checkRoom(tokens, timeoutMs) {
      if (queue.size === 0) return;
      try {
        admitNow(
          { runs: Math.ceil(tokens / policy.maxBatchTokens), tokens },
          deadlineOf(timeoutMs),
        );
      } catch (error) {
        if (!(error instanceof RerankError) || error.retryAfterMs !== undefined) throw error;
      }
    },
    score,
    get pendingTokens() {
      return queue.tokens + running.tokens + lostTokens();
    },
    snapshot() {
      const again = lost.waiting.flat().filter(isOpen);
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

function isOpen({ key }: QueuedPair<Job>): boolean {
  return !key.settled;
}

function notNow({ remainingMs }: Outage): RerankError {
  const message = "the model is being loaded again; try again";
  return new RerankError("unavailable", message, { retryAfterMs: remainingMs });
}
