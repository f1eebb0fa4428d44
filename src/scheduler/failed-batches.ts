import { RerankError, type WorkerCrashError } from "../errors.ts";
import type { QueuedPair } from "./fair-queue.ts";

/** The parts of a request that lost batches use. */
export interface LosableJob {
  /** How often a worker crashed that held pairs of the request; a worker may hold two batches. */
  losses: number;
  /** Why the last of these workers crashed: the same object for all batches that it held. */
  lastCrash: unknown;
  /** How often a worker crashed while it computed pairs of the request. */
  kills: number;
  /** Whether the request was answered or refused. */
  readonly settled: boolean;
  settle(error: RerankError): void;
}

/** Batches that crashed workers held, until they are tried again. */
export interface LostBatches<Job> {
  /** The waiting batches, oldest first. */
  readonly waiting: readonly (readonly QueuedPair<Job>[])[];
  /**
   * Keeps a batch for another try, or refuses its requests: see createLostBatches. `retryAfterMs`
   * is the time to wait in the refusals.
   */
  add(batch: readonly QueuedPair<Job>[], crash: WorkerCrashError, retryAfterMs?: number): void;
  /** Takes the oldest batch, without the requests that were settled since; undefined if none waits. */
  take(): readonly QueuedPair<Job>[] | undefined;
}

/**
 * Returns an empty list of lost batches.
 *
 * Each request has one more try. The batch that ran when its worker crashed is split into one for
 * each request, so that a poisonous one takes no other along the second time; it is then refused as
 * `internal`, because a client that sends it again would crash the next worker as well. A request
 * that lost two workers by no fault of its own, as far as is known, is refused as `unavailable`.
 */
export function createLostBatches<Job extends LosableJob>(): LostBatches<Job> {
  const waiting: (readonly QueuedPair<Job>[])[] = [];

  return {
    waiting,
    add(batch, crash, retryAfterMs) {
      const jobs = [...new Set(batch.map(({ key }) => key))].filter((job) => !job.settled);
      const kept = new Set<Job>();
      for (const job of jobs) {
        if (job.lastCrash !== crash.cause) job.losses += 1;
        job.lastCrash = crash.cause;
        if (crash.wasRunning) job.kills += 1;
        if (job.losses === 1) kept.add(job);
        else job.settle(refusalOf(job.kills > 1 && jobs.length === 1, crash, retryAfterMs));
      }
      const parts = crash.wasRunning ? [...kept].map((job) => new Set([job])) : [kept];
      for (const part of parts) {
        if (part.size > 0) waiting.push(batch.filter(({ key }) => part.has(key)));
      }
    },
    take() {
      for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
        const open = batch.filter(({ key }) => !key.settled);
        if (open.length > 0) return open;
      }
      return undefined;
    },
  };
}

function refusalOf(
  isPoison: boolean,
  cause: WorkerCrashError,
  retryAfterMs: number | undefined,
): RerankError {
  return isPoison
    ? new RerankError("internal", "the model failed twice on this request", { cause })
    : new RerankError(
        "unavailable",
        "the model failed twice while it held this request; try again",
        { cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
      );
}

/**
 * Returns the two parts in which a batch that failed is tried again, so that no request fails for
 * the fault of another; undefined if all of it has failed for good: there is one request left, or
 * the fault lies in none of them. A single request is divided as well where one of its pairs does
 * not fit into memory, to find out which.
 */
export function divideBatch<Key>(
  batch: readonly QueuedPair<Key>[],
  { code }: RerankError,
): readonly (readonly QueuedPair<Key>[])[] | undefined {
  const isTooLarge = code === "resource_exhausted";
  if (!isTooLarge && code !== "internal") return undefined;
  const requests = [...new Set(batch.map(({ key }) => key))];
  if (requests.length > 1) {
    const first = new Set(requests.slice(0, requests.length / 2));
    const isFirst = ({ key }: QueuedPair<Key>) => first.has(key);
    return [batch.filter(isFirst), batch.filter((queued) => !isFirst(queued))];
  }
  if (!isTooLarge || batch.length === 1) return undefined;
  const half = Math.ceil(batch.length / 2);
  return [batch.slice(0, half), batch.slice(half)];
}

/** Returns the error of a request of a failed batch; where one pair is too large, with its position. */
export function errorOfRequest(error: RerankError, isAlone: boolean, pair: number): RerankError {
  if (error.code !== "resource_exhausted" || !isAlone) return error;
  return new RerankError(error.code, error.message, { cause: error, position: pair });
}
