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
} from "./admission.ts";
import { type BatchBounds, createBatchSizing } from "./batch-sizing.ts";
import { createLostBatches, divideBatch, errorOfRequest } from "./failed-batches.ts";
import { createFairQueue, type QueuedPair } from "./fair-queue.ts";
import { createForecast } from "./forecast.ts";
import {
  createJob,
  encodingOf,
  type Job,
  packBatch,
  recordRun,
  refusalUnderWay,
  statsOf,
  tokensOf,
} from "./job.ts";
import { createLanes, type Lane } from "./lanes.ts";
import type {
  BatchStats,
  QueueSnapshot,
  ScoreCall,
  ScoredPairs,
  WorkerLoad,
} from "./observation.ts";
import { sumOf, type Work, workOf } from "./work.ts";

/** Puts pairs of all requests through the workers that share one queue. */
export interface Scheduler {
  /**
   * Throws what `score` would reject with now if the request had `tokens` tokens, for callers that
   * guess how many there are at least before they know. Never throws while no request waits, nor
   * where `score` would refuse for good, so that a wrong guess refuses nothing for long.
   */
  checkCapacity(tokens: number, timeoutMs: number | undefined): void;
  /**
   * Scores the pairs of one request. Rejects with RerankError: `unavailable`, before any work, if
   * it cannot wait until a crashed worker is replaced; `resource_exhausted` if the queue has no space
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
  /** Set while no worker serves: until then what comes waits. */
  readonly outage: Outage | undefined;
  /** What each worker does, in their order. */
  readonly workers: readonly WorkerLoad[];
}

/** The dependencies of a scheduler. */
export interface SchedulerOptions {
  /** One for each worker, at least one; all of the same model. */
  readonly workers: readonly Backend[];
  readonly clock: Clock;
  readonly policy: BatchBounds;
  /** The id that fills a row after its last token. */
  readonly padId: number;
  readonly limits: AdmissionLimits;
  /** Called after each run of the model. Must not throw. */
  readonly onBatch?: ((batch: BatchStats) => void) | undefined;
}

/**
 * Longest that a request without a deadline waits for a crashed worker to be replaced, in
 * milliseconds: several times what loading a model takes.
 */
const maxOutageWaitMs = 10_000;

/**
 * Returns a scheduler: the shell around the queue's policy.
 *
 * A batch starts as soon as a worker can take one; nothing waits to fill a batch, because the queue
 * fills by itself while the model is busy. All workers share it, so that one request keeps them busy. A
 * request that is cancelled or expires leaves it at once; the batches that run end by themselves.
 *
 * While a crashed worker is being replaced, the others go on. Where there is none, requests wait for
 * the new one if their deadline allows, and are refused if not. The batches that the worker held are
 * tried once more, each alone on its worker, so that the next crash has one suspect.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { clock, padId, limits, onBatch } = options;
  const sizing = createBatchSizing(options.policy);
  const queue = createFairQueue<Job>(() => sizing.policy);
  const lanes = createLanes(options.workers, clock.nowMs);
  const forecast = createForecast(lanes, clock.nowMs);
  const lost = createLostBatches<Job>();
  const jobs = new Set<Job>();

  async function score(
    encodings: readonly Encoding[],
    { signal, timeoutMs, grantedMs, observer }: ScoreCall,
  ): Promise<ScoredPairs> {
    if (signal.aborted) throw errorFromAbort(signal);
    if (encodings.length === 0) return { logits: new Float32Array(0), queueMs: 0, inferenceMs: 0 };
    const lengths = encodings.map((encoding) => encoding.inputIds.length);
    const work = workOf(lengths, sizing.policy);
    const deadline = deadlineOf(timeoutMs, grantedMs);
    const { slackMs, isProbe } = admitNow(work, encodings.length, deadline);
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
      queue.add(job, lengths, { cost: forecast.sharedMs(work) ?? 0, slack: slackMs });
      pump();
    });
  }

  function patienceOf(deadline: Deadline | undefined): number {
    return deadline?.timeoutMs ?? Math.min(limits.maxQueueMs, maxOutageWaitMs);
  }

  function admitNow(own: Work, pairs: number, deadline: Deadline | undefined): Admission {
    const { outage } = lanes;
    if (outage !== undefined && patienceOf(deadline) < outage.remainingMs) throw notNow(outage);
    const { expectedMs: ownMs, leastMs: leastOwnMs } = forecast.own(own, pairs);
    const lostWork = { runs: lost.waiting.length, tokens: lostTokens() };
    const ahead = queue.workAheadOf(own.tokens, forecast.sharedMs(own) ?? 0);
    return admit(
      {
        queuedTokens: queue.tokens,
        queueMs: forecast.sharedMs(queue.work),
        nothingWaits: queue.size === 0 && lost.waiting.length === 0,
        isProbing: [...jobs].some((job) => job.isProbe),
        ownTokens: own.tokens,
        waitMs: forecast.waitMs(sumOf([ahead, lostWork]), pairs),
        ownMs,
        leastOwnMs,
        deadline,
      },
      limits,
    );
  }

  function pump(): void {
    lanes.followOutages({ onNews: refuseHasty, onBack: pump });
    for (let lane = nextLane(); lane !== undefined; lane = nextLane()) {
      const retry = lane.batches === 0 ? lost.take() : undefined;
      const batch = retry ?? queue.takeBatch(sizing.limitsOf(lane.held.tokens, shareOf(lane)));
      if (batch.length === 0) return;
      lane.take(retry !== undefined);
      void run(lane, batch);
    }
  }

  /** Returns the part of what waits that is one worker's, so that all are done at the same time. */
  function shareOf({ held }: Lane): number {
    return (queue.tokens + lanes.held.tokens) / lanes.serving.length - held.tokens;
  }

  function nextLane(): Lane | undefined {
    // A batch that is tried again needs a worker that holds nothing.
    const lane = lanes.next(lost.waiting.length > 0);
    if (lane === undefined || lane.batches === 0) return lane;
    return sizing.takesReady(queue.tokens, lane.held.tokens) ? lane : undefined;
  }

  async function run(lane: Lane, batch: readonly QueuedPair<Job>[]): Promise<void> {
    await scoreBatch(lane, batch);
    lane.release();
    pump();
  }

  /** Refuses the requests that cannot wait for a new worker, while there is none. */
  function refuseHasty(): void {
    const { outage } = lanes;
    if (outage === undefined) return;
    const readyMs = clock.nowMs() + outage.remainingMs;
    for (const job of [...jobs]) if (job.endMs < readyMs) job.settle(notNow(outage));
  }

  function lostTokens(): number {
    return tokensOf(lost.waiting.flat().filter(isOpen));
  }

  async function scoreBatch(lane: Lane, batch: readonly QueuedPair<Job>[]): Promise<void> {
    const encodings = batch.map(encodingOf);
    const { rowByRow } = sizing.policy;
    const work: Work = { runs: rowByRow ? batch.length : 1, tokens: tokensOf(batch) };
    const end = lane.begin(work);
    const finish = (failed: boolean): void => {
      const ran = end();
      onBatch?.(statsOf(encodings, ran.ms, failed));
      recordRun(batch, ran);
      if (failed) return;
      forecast.record(lane, { ...work, ...ran });
      sizing.learn(forecast.overheadTokens(lane));
    };
    try {
      const logits = await lane.worker.score(packBatch(encodings, padId));
      finish(false);
      batch.forEach(({ key, pair }, row) => {
        key.logits[pair] = logits[row] ?? Number.NaN;
        key.missing -= 1;
        if (key.missing === 0) key.settle();
      });
      for (const job of new Set(batch.map(({ key }) => key))) {
        const refusal = refusalUnderWay(job, forecast, clock.nowMs());
        if (refusal) job.settle(refusal);
      }
    } catch (error) {
      finish(true);
      const { worker } = lane;
      if (error instanceof WorkerCrashError) lost.add(batch, error, worker.outage?.remainingMs);
      else await failBatch(lane, batch, error);
    }
  }

  /**
   * Fails the requests of a batch. If the fault may lie in one of them, the others are tried
   * without it first.
   */
  async function failBatch(
    lane: Lane,
    batch: readonly QueuedPair<Job>[],
    cause: unknown,
  ): Promise<void> {
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
      if (left.length > 0) await scoreBatch(lane, left);
    }
  }

  return {
    checkCapacity(tokens, timeoutMs) {
      if (queue.size === 0) return;
      try {
        const runs = Math.ceil(tokens / sizing.policy.maxBatchTokens);
        admitNow({ runs, tokens }, Number.POSITIVE_INFINITY, deadlineOf(timeoutMs));
      } catch (error) {
        if (!(error instanceof RerankError) || error.retryAfterMs !== undefined) throw error;
      }
    },
    score,
    get pendingTokens() {
      return queue.tokens + lanes.held.tokens + lostTokens();
    },
    get outage() {
      return lanes.outage;
    },
    get workers() {
      return lanes.loads;
    },
    snapshot() {
      const again = lost.waiting.flat().filter(isOpen);
      const since = [...queue.keys(), ...again.map(({ key }) => key)];
      return {
        pairs: queue.size + again.length,
        tokens: queue.tokens + tokensOf(again),
        oldestMs: since.reduce((most, job) => Math.max(most, clock.nowMs() - job.enqueuedMs), 0),
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
