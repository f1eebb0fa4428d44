import type { Backend, Outage } from "../inference/backend.ts";
import type { WorkerLoad } from "./observation.ts";
import { sumOf, type Work } from "./work.ts";

/** One worker, and what it was given and has not answered yet. */
export interface Lane {
  readonly worker: Backend;
  /** Batches that it holds: one that runs, and perhaps one that is ready when that ends. */
  readonly batches: number;
  /** The work of the runs that it holds. */
  readonly held: Work;
  /** Runs that ended, and how long they took together, in milliseconds. */
  readonly runs: number;
  readonly busyMs: number;
  /** Holds a batch. One that is tried again after a crash has nothing beside it. */
  take(isRetry: boolean): void;
  /** Lets the batch go. */
  release(): void;
  /** Notes that the worker was given a run. Returns what notes its end, and tells when it ran. */
  begin(work: Work): () => RunTime;
}

/** When a run was, in milliseconds of the clock, and how long it took. */
export interface RunTime {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly ms: number;
}

/** The workers that share one queue. */
export interface Lanes {
  readonly all: readonly Lane[];
  /** Those whose worker has the model loaded. */
  readonly serving: readonly Lane[];
  /** The work of the runs that all of them hold. */
  readonly held: Work;
  /** What each worker does. */
  readonly loads: readonly WorkerLoad[];
  /** Set while no worker serves: the outage that should be over first. */
  readonly outage: Outage | undefined;
  /**
   * Returns the lane that takes the next batch, the one that holds least; undefined if none
   * takes one. While `onlyIdle`, one that holds a batch takes none.
   */
  next(onlyIdle: boolean): Lane | undefined;
  /**
   * Follows the workers that have an outage and are not followed yet: calls `onNews` at once and
   * whenever more is known of one, and `onBack` when one serves again.
   */
  followOutages(listener: { readonly onNews: () => void; readonly onBack: () => void }): void;
}

/** Batches of one worker at a time: one that runs and one that is ready when it ends. */
const maxBatches = 2;

const nothing: Work = { runs: 0, tokens: 0 };

/** Returns a lane for each worker. `nowMs` is the clock. */
export function createLanes(workers: readonly Backend[], nowMs: () => number): Lanes {
  const lanes = workers.map((worker) => createLane(worker, nowMs));
  const followed = new Set<Lane>();
  const serving = () => lanes.filter(({ worker }) => worker.outage === undefined);

  async function follow(
    lane: Lane,
    { onNews, onBack }: Parameters<Lanes["followOutages"]>[0],
  ): Promise<void> {
    followed.add(lane);
    for (let { outage } = lane.worker; outage !== undefined; { outage } = lane.worker) {
      onNews();
      await outage.changed;
    }
    followed.delete(lane);
    onBack();
  }

  return {
    all: lanes,
    get serving() {
      return serving();
    },
    get held() {
      return sumOf(lanes.map(({ held }) => held));
    },
    get loads() {
      return lanes.map(({ worker, held, runs, busyMs }) => ({
        serving: worker.outage === undefined,
        heldTokens: held.tokens,
        runs,
        busyMs,
      }));
    },
    get outage() {
      return nearestOutage(workers);
    },
    next(onlyIdle) {
      const most = onlyIdle ? 1 : maxBatches;
      const free = serving().filter(({ batches, isRetrying }) => batches < most && !isRetrying);
      return free.reduce<(typeof free)[number] | undefined>(
        (best, lane) => (best === undefined || holdsLess(lane, best) ? lane : best),
        undefined,
      );
    },
    followOutages(listener) {
      for (const lane of lanes) {
        if (lane.worker.outage !== undefined && !followed.has(lane)) void follow(lane, listener);
      }
    },
  };
}

/** Returns the outage that should be over first if all workers have one; undefined if any serves. */
function nearestOutage(workers: readonly Pick<Backend, "outage">[]): Outage | undefined {
  const outages = workers.flatMap(({ outage }) => outage ?? []);
  if (outages.length < workers.length) return undefined;
  return outages.reduce<Outage | undefined>(
    (nearest, outage) =>
      nearest === undefined || outage.remainingMs < nearest.remainingMs ? outage : nearest,
    undefined,
  );
}

function holdsLess(one: Lane, other: Lane): boolean {
  if (one.batches !== other.batches) return one.batches < other.batches;
  return one.held.tokens < other.held.tokens;
}

function createLane(worker: Backend, nowMs: () => number): Lane & { readonly isRetrying: boolean } {
  let batches = 0;
  let held = nothing;
  let isRetrying = false;
  let lastDoneMs = 0;
  let runs = 0;
  let busyMs = 0;

  return {
    worker,
    get batches() {
      return batches;
    },
    get held() {
      return held;
    },
    get isRetrying() {
      return isRetrying;
    },
    get runs() {
      return runs;
    },
    get busyMs() {
      return busyMs;
    },
    take(isRetry) {
      batches += 1;
      isRetrying = isRetry;
    },
    release() {
      batches -= 1;
      isRetrying = false;
    },
    begin(work) {
      held = sumOf([held, work]);
      const givenMs = nowMs();
      return () => {
        // A worker runs one batch at a time: this one began when it came or when the one before
        // was done.
        const endedMs = nowMs();
        const beganMs = Math.max(givenMs, lastDoneMs);
        lastDoneMs = endedMs;
        held = { runs: held.runs - work.runs, tokens: held.tokens - work.tokens };
        runs += 1;
        const ms = endedMs - beganMs;
        busyMs += ms;
        return { beganMs, endedMs, ms };
      };
    },
  };
}
