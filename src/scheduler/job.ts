import type { Clock } from "../clock.ts";
import { errorFromAbort, type RerankError } from "../errors.ts";
import type { EncodedBatch } from "../inference/backend.ts";
import type { Encoding } from "../tokenizer/tokenizer.ts";
import { type Deadline, hopelessRefusal } from "./admission.ts";
import type { LosableJob } from "./failed-batches.ts";
import type { QueuedPair } from "./fair-queue.ts";
import type { Forecast } from "./forecast.ts";
import type { BatchStats, ScoreCall, ScoredPairs } from "./observation.ts";
import type { Work } from "./work.ts";

/** One request in the scheduler: its pairs, and their scores so far. */
export interface Job extends LosableJob {
  readonly encodings: readonly Encoding[];
  readonly logits: Float32Array;
  /** Pairs without a logit. */
  missing: number;
  inferenceMs: number;
  /** When the model worked on the pairs: times apart from each other, in order. */
  readonly workedMs: { readonly beganMs: number; readonly endedMs: number }[];
  readonly enqueuedMs: number;
  /** When the model began with the first of the pairs; undefined if it has not. */
  beganMs: number | undefined;
  /** Runs of the model that the pairs were in. */
  batches: number;
  /** Until when it may wait for a new worker. */
  readonly endMs: number;
  readonly work: Work;
  /** As of when it was taken; undefined without one. */
  readonly deadline: Deadline | undefined;
  /** Whether it was taken to see whether it can be done in time. */
  readonly isProbe: boolean;
  settled: boolean;
  /** Answers the request, or fails it. */
  settle(error?: RerankError): void;
}

/** What a request becomes a job with. */
export interface JobOptions
  extends Pick<ScoreCall, "signal" | "observer">,
    Pick<Job, "work" | "deadline" | "isProbe"> {
  readonly clock: Clock;
  /** How long it may wait for a new worker, in milliseconds. */
  readonly patienceMs: number;
  /** Called once, when it is answered or refused; before the functions below. */
  readonly onSettled: (job: Job) => void;
  readonly resolve: (scored: ScoredPairs) => void;
  readonly reject: (error: RerankError) => void;
}

/** Returns a job, which is settled at the latest when its signal aborts. */
export function createJob(encodings: readonly Encoding[], options: JobOptions): Job {
  const { clock, work, deadline, isProbe, patienceMs, signal, observer, onSettled } = options;
  const { resolve, reject } = options;
  const enqueuedMs = clock.nowMs();
  const onAbort = (): void => job.settle(errorFromAbort(signal));
  const job: Job = {
    encodings,
    logits: new Float32Array(encodings.length),
    missing: encodings.length,
    inferenceMs: 0,
    workedMs: [],
    enqueuedMs,
    beganMs: undefined,
    batches: 0,
    endMs: enqueuedMs + patienceMs,
    work,
    deadline,
    isProbe,
    losses: 0,
    lastCrash: undefined,
    kills: 0,
    settled: false,
    settle(error) {
      // A request that was cancelled may still be in the batch that runs.
      if (job.settled) return;
      job.settled = true;
      signal.removeEventListener("abort", onAbort);
      onSettled(job);
      const { logits, inferenceMs, beganMs, batches } = job;
      const endedMs = clock.nowMs();
      const pairs = encodings.length;
      const { tokens } = work;
      observer?.scored({ enqueuedMs, beganMs, endedMs, pairs, tokens, batches });
      if (error) reject(error);
      resolve({ logits, inferenceMs, queueMs: endedMs - enqueuedMs - inferenceMs });
    },
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return job;
}

/** Returns the encoding of a pair. */
export function encodingOf({ key, pair }: QueuedPair<Job>): Encoding {
  return key.encodings[pair] as Encoding;
}

/** Returns the tokens of a batch, without padding. */
export function tokensOf(batch: readonly QueuedPair<Job>[]): number {
  return batch.reduce((sum, queued) => sum + encodingOf(queued).inputIds.length, 0);
}

/**
 * Notes in the requests of a batch that the model worked on it. Runs are noted in the order in which
 * they end; those of one request at the same time on several workers count once.
 */
export function recordRun(
  batch: readonly QueuedPair<Job>[],
  { beganMs, endedMs }: { readonly beganMs: number; readonly endedMs: number },
): void {
  for (const job of new Set(batch.map(({ key }) => key))) {
    job.beganMs = Math.min(job.beganMs ?? beganMs, beganMs);
    job.batches += 1;
    let from = beganMs;
    for (let last = job.workedMs.at(-1); last && last.endedMs >= from; last = job.workedMs.at(-1)) {
      from = Math.min(from, last.beganMs);
      job.inferenceMs -= last.endedMs - last.beganMs;
      job.workedMs.pop();
    }
    job.workedMs.push({ beganMs: from, endedMs });
    job.inferenceMs += endedMs - from;
  }
}

/**
 * Returns why a request under way is refused once it is plain that its deadline leaves it too little
 * time; undefined as long as it is not.
 */
export function refusalUnderWay(
  { work, deadline, missing, encodings, enqueuedMs }: Job,
  forecast: Forecast,
  nowMs: number,
): RerankError | undefined {
  if (deadline === undefined || missing === 0) return undefined;
  const { timeoutMs, grantedMs } = deadline;
  const pairs = encodings.length;
  const { leastMs: leastOwnMs, expectedMs: ownMs = leastOwnMs } = forecast.own(work, pairs);
  if (nowMs + (leastOwnMs * missing) / pairs <= enqueuedMs + timeoutMs) return undefined;
  return hopelessRefusal({ ownTokens: work.tokens, ownMs, leastOwnMs, grantedMs });
}

/** Returns the statistics of a run. */
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

/** Copies encodings into one rectangle, each padded with `padId` to the longest of them. */
export function packBatch(encodings: readonly Encoding[], padId: number): EncodedBatch {
  const rows = encodings.length;
  const lengths = Int32Array.from(encodings, (encoding) => encoding.inputIds.length);
  const length = lengths.reduce((longest, each) => Math.max(longest, each), 0);
  const inputIds = new Int32Array(rows * length).fill(padId);
  const typeIds = new Uint8Array(rows * length);
  encodings.forEach((encoding, row) => {
    inputIds.set(encoding.inputIds, row * length);
    typeIds.set(encoding.typeIds, row * length);
  });
  const prefixLengths = Int32Array.from(encodings, ({ prefixTokens = 0 }) => prefixTokens);
  return { rows, length, inputIds, typeIds, lengths, prefixLengths };
}
