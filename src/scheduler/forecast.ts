import type { Lane, Lanes } from "./lanes.ts";
import { createDeviceCosts, type MeasuredRun, type RunCost } from "./run-cost.ts";
import type { Work } from "./work.ts";

/** How long a request takes alone, its pairs spread over the workers. */
export interface OwnTime {
  /** In milliseconds; undefined until a run was measured. */
  readonly expectedMs: number | undefined;
  /** At the very least, in milliseconds; 0 where runs of its size were not measured lately. */
  readonly leastMs: number;
}

/** How long work takes on the workers that serve now, learnt from their runs. */
export interface Forecast {
  /** Takes a run that a worker did. */
  record(lane: Lane, run: MeasuredRun): void;
  /** The fixed cost of a run of this worker in tokens; undefined while it is not known. */
  overheadTokens(lane: Lane): number | undefined;
  /** Returns how long all workers together take, in milliseconds; undefined until a run was measured. */
  sharedMs(work: Work): number | undefined;
  /** Returns how long the work of one request with this many pairs takes. */
  own(work: Work, pairs: number): OwnTime;
  /**
   * Returns how long a request with this many pairs waits, in milliseconds: for the work ahead of it,
   * which all workers share, and then for the batches of the workers that hold least. undefined until a
   * run was measured.
   */
  waitMs(ahead: Work, pairs: number): number | undefined;
}

/** Returns a forecast that knows nothing. `nowMs` is the clock. */
export function createForecast(lanes: Lanes, nowMs: () => number): Forecast {
  const costOn = createDeviceCosts();
  const costOf = ({ worker }: Lane): RunCost => costOn(worker.device ?? "");

  /** The workers that take what comes next; while there are none, one that is awaited. */
  function takers(): { readonly cost: RunCost; readonly workers: readonly Lane[] } {
    const { serving, all } = lanes;
    const workers = serving.length > 0 ? serving : all.slice(0, 1);
    return { cost: costOf(workers[0] as Lane), workers };
  }

  function sharedMs(work: Work): number | undefined {
    const { cost, workers } = takers();
    return timesOf(cost.expectedMs(work), 1 / workers.length);
  }

  return {
    record: (lane, run) => costOf(lane).record(run),
    overheadTokens: (lane) => costOf(lane).overheadTokens,
    sharedMs,
    own(work, pairs) {
      const { cost, workers } = takers();
      const width = widthOf(pairs, workers.length);
      // A run is on one worker: the request is cut into as many, and lasts as long as the largest.
      const share =
        pairs > 0 && Number.isFinite(pairs) ? Math.ceil(pairs / width) / pairs : 1 / width;
      const spread = work.runs > 0 ? { ...work, runs: Math.max(work.runs, width) } : work;
      return {
        expectedMs: timesOf(cost.expectedMs(spread), share),
        leastMs: cost.leastMs(spread, nowMs()) * share,
      };
    },
    waitMs(ahead, pairs) {
      const { cost, workers } = takers();
      const aheadMs = sharedMs(ahead);
      if (aheadMs === undefined) return undefined;
      const heldMs = workers.map(({ held }) => cost.expectedMs(held) ?? 0);
      const least = heldMs.toSorted((a, b) => a - b).slice(0, widthOf(pairs, workers.length));
      return aheadMs + least.reduce((sum, ms) => sum + ms, 0) / least.length;
    },
  };
}

/** Returns on how many workers a request runs. */
function widthOf(pairs: number, workers: number): number {
  return Math.max(1, Math.min(workers, pairs));
}

function timesOf(ms: number | undefined, factor: number): number | undefined {
  return ms === undefined ? undefined : ms * factor;
}
