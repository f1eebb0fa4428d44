import { WorkerCrashError } from "../errors.ts";
import type { Backend } from "./backend.ts";

/** What divides the cores of a machine between the models of a process. */
export interface ProcessorTurns {
  /** Adds a model. Its part of the time is its weight among those of the models that are busy. */
  join(weight: number): ProcessorShare;
}

/** The part of one model. */
export interface ProcessorShare {
  /**
   * Returns a worker of the model that begins each run when it is the model's turn; on another device
   * than the CPU at once. `threads` are those of a run.
   */
  limit(worker: Backend, threads: number): Backend;
  /** Takes the model out, whose workers are closed. */
  leave(): void;
}

/** One worker, and the batches that it was given and has not answered. */
interface Lane {
  readonly worker: Backend;
  readonly threads: number;
  batches: number;
  /** When the batch began that runs, in milliseconds of the clock. */
  beganMs: number;
}

/** A batch that waits for its turn. */
interface Waiting {
  readonly lane: Lane;
  readonly begin: () => void;
}

interface Share {
  readonly weight: number;
  readonly lanes: Lane[];
  /** Oldest first. */
  readonly waiting: Waiting[];
  /** The time of the threads of the runs that ended, by the weight: virtual time, in milliseconds. */
  spentMs: number;
}

/**
 * Returns turns on this many cores, by start-time fair queueing (Goyal, Vin and Cheng, 1996) over the
 * measured time of threads.
 *
 * While one model is busy it waits for nothing. While several are, a run begins if its threads have a
 * free core, first that of the model which has had least for its weight; or, with every core taken, if
 * its model runs nothing and has had no more than the others: the operating system then divides the
 * cores for as long as the runs overlap. So a small model never waits for a large one's run to end, and
 * what it is given that way counts. A model that comes back from a pause begins where the others
 * are: it gets no time for what it did not use.
 */
export function createProcessorTurns(cores: number, nowMs: () => number): ProcessorTurns {
  const shares: Share[] = [];
  /** The least virtual time of the busy models when there were some last. */
  let lastMs = 0;

  function virtualMs({ spentMs, lanes, weight }: Share): number {
    const now = nowMs();
    const running = lanes.reduce(
      (sum, { batches, beganMs, threads }) => (batches > 0 ? sum + (now - beganMs) * threads : sum),
      0,
    );
    return spentMs + running / weight;
  }

  function leastOf(some: readonly Share[]): number {
    return some.reduce(
      (least, share) => Math.min(least, virtualMs(share)),
      Number.POSITIVE_INFINITY,
    );
  }

  function freeCores(): number {
    const lanes = shares.flatMap((share) => share.lanes);
    return lanes.reduce((free, { batches, threads }) => free - (batches > 0 ? threads : 0), cores);
  }

  function mayBegin(share: Share, { worker, threads, batches }: Lane): boolean {
    const others = shares.filter((other) => other !== share && isBusy(other));
    if (others.length === 0 || worker.outage !== undefined) return true;
    if (batches > 0) return false;
    if (threads <= freeCores()) return true;
    return !isRunning(share) && virtualMs(share) <= leastOf(others);
  }

  /** Begins what may, first the model that has had least. */
  function pump(): void {
    const waiting = shares.filter((share) => share.waiting.length > 0);
    for (const share of waiting.sort((a, b) => virtualMs(a) - virtualMs(b))) {
      const next = share.waiting.findIndex(({ lane }) => mayBegin(share, lane));
      const [turn] = next < 0 ? [] : share.waiting.splice(next, 1);
      if (turn === undefined) continue;
      begin(turn.lane);
      turn.begin();
      pump();
      return;
    }
  }

  function begin(lane: Lane): void {
    if (lane.batches === 0) lane.beganMs = nowMs();
    lane.batches += 1;
  }

  function end(share: Share, lane: Lane): void {
    const now = nowMs();
    share.spentMs += ((now - lane.beganMs) * lane.threads) / share.weight;
    lane.batches -= 1;
    lane.beganMs = now;
    const busy = shares.filter(isBusy);
    lastMs = Math.max(lastMs, busy.length > 0 ? leastOf(busy) : virtualMs(share));
    pump();
  }

  /** Resolves when the batch may begin. */
  function turnOf(share: Share, lane: Lane): Promise<void> | undefined {
    if (!isBusy(share)) {
      const others = shares.filter(isBusy);
      share.spentMs = Math.max(share.spentMs, others.length > 0 ? leastOf(others) : lastMs);
    }
    if (share.waiting.length === 0 && mayBegin(share, lane)) {
      begin(lane);
      return undefined;
    }
    return new Promise((resolve) => {
      share.waiting.push({ lane, begin: resolve });
      pump();
    });
  }

  return {
    join(weight) {
      const share: Share = { weight, lanes: [], waiting: [], spentMs: 0 };
      shares.push(share);
      return {
        leave() {
          shares.splice(shares.indexOf(share), 1);
          pump();
        },
        limit(worker, threads) {
          const lane: Lane = { worker, threads: Math.min(threads, cores), batches: 0, beganMs: 0 };
          share.lanes.push(lane);
          return limited(lane, {
            turn: () => turnOf(share, lane),
            end: () => end(share, lane),
          });
        },
      };
    },
  };
}

function isRunning({ lanes }: Share): boolean {
  return lanes.some(({ batches }) => batches > 0);
}

function isBusy(share: Share): boolean {
  return share.waiting.length > 0 || isRunning(share);
}

/** Returns the worker of a lane that takes turns. */
function limited(
  { worker }: Lane,
  { turn, end }: { readonly turn: () => Promise<void> | undefined; readonly end: () => void },
): Backend {
  let lastCrash: unknown;
  return {
    get device() {
      return worker.device;
    },
    get outage() {
      return worker.outage;
    },
    async score(batch) {
      if (worker.device !== undefined && worker.device !== "cpu") return await worker.score(batch);
      const waited = turn();
      try {
        if (waited !== undefined) {
          await waited;
          // What waited for a worker that died since is lost to the same crash as what it ran.
          if (worker.outage !== undefined) throw lostTo(lastCrash);
        }
        return await worker.score(batch);
      } catch (error) {
        if (error instanceof WorkerCrashError) lastCrash = error.cause;
        throw error;
      } finally {
        end();
      }
    },
    close: () => worker.close(),
  };
}

function lostTo(crash: unknown): WorkerCrashError {
  const cause = crash instanceof Error ? crash : new Error("the worker ended before its turn came");
  return new WorkerCrashError(false, cause);
}
