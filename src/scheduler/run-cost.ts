import type { Work } from "./work.ts";

/** A run of the model, or several of nearly equal size, as measured. */
export interface MeasuredRun extends Work {
  /** The model's time for it, in milliseconds. */
  readonly ms: number;
  /** When it ended, in milliseconds of the caller's clock. */
  readonly endedMs: number;
}

/**
 * What runs of the model cost on one device, learnt while it works: a fixed part for each run and a
 * part for each token. Pure.
 */
export interface RunCost {
  record(run: MeasuredRun): void;
  /** Returns how long the work takes, in milliseconds; undefined until a run was measured. */
  expectedMs(work: Work): number | undefined;
  /**
   * Returns how long the work takes at the very least, in milliseconds: far below what is expected
   * if few runs of its size were measured lately, and 0 if none was.
   */
  leastMs(work: Work, nowMs: number): number;
  /**
   * How many tokens take as long as the fixed part of a run; undefined while the two parts of the
   * cost cannot be told apart.
   */
  readonly overheadTokens: number | undefined;
}

/** Runs kept of each size: so few follow a model that changes its speed. */
const keptRuns = 15;

/** The share of the fastest, and of the slowest, that count for nothing. */
const trimmedShare = 0.2;

/** How long a run counts as measured lately, in milliseconds. */
const recentMs = 10_000;

/** Largest ratio between the tokens of a run and of a measured run that is used to estimate it. */
const reach = 4;

/** How much faster than expected the model may be at best, where many runs were measured lately. */
const leastDoubt = 3;

/** What is added to that doubt where a single run was measured lately; with n of them, 1/n of it. */
const firstDoubt = 8;

/** The runs of one size, which differ in their tokens by less than a factor of two. */
interface SizeClass {
  /** The last ones, oldest first. Once there is a recent one, only recent ones. */
  readonly runs: readonly MeasuredRun[];
  /** The means of their tokens and of their times, without those that are far off. */
  readonly tokens: number;
  readonly ms: number;
}

/**
 * Returns an estimate without measurements.
 *
 * The runs of each size are kept separately, so that many small ones do not displace the samples of
 * large ones, and count by their trimmed mean, so that a frozen process or one late message changes
 * nothing; a median would ignore how much longer some runs take on a shared machine. The line
 * through these means is the one with the median of the slopes between them (Theil and Sen). A size
 * that was measured lately overrides the line for those near it: a larger run takes no less time,
 * and no more than in proportion. Where the sizes are too close together to separate fixed cost and
 * cost per token, and for runs far larger than any measured one, the estimate errs on the low side:
 * the run is then admitted and measured.
 */
export function createRunCost(): RunCost {
  const classes = new Map<number, SizeClass>();
  let line: { readonly fixedMs: number; readonly tokenMs: number } | undefined;
  let lastMs = 0;

  function record({ runs, tokens, ms, endedMs }: MeasuredRun): void {
    if (!(runs > 0) || !(tokens > 0) || !(ms >= 0)) return;
    const run = { runs: 1, tokens: tokens / runs, ms: ms / runs, endedMs };
    const name = Math.floor(Math.log2(run.tokens));
    const before = classes.get(name)?.runs.filter((each) => isRecent(each, endedMs)) ?? [];
    const kept = [...before, run].slice(-keptRuns);
    classes.set(name, {
      runs: kept,
      tokens: meanOfMiddle(kept.map((each) => each.tokens)),
      ms: meanOfMiddle(kept.map((each) => each.ms)),
    });
    line = lineThrough([...classes.values()]);
    lastMs = endedMs;
  }

  /** Returns the time of one run of this many tokens. */
  function msOfRun(tokens: number): number | undefined {
    const sizes = [...classes.values()].sort((a, b) => a.tokens - b.tokens);
    const [smallest] = sizes;
    const largest = sizes.at(-1);
    if (smallest === undefined || largest === undefined) return undefined;
    const known = Math.min(tokens, reach * largest.tokens);
    if (line === undefined) {
      const nearest = sizes.find((size) => size.tokens >= tokens) ?? largest;
      return nearest.ms * Math.min(1, tokens / nearest.tokens);
    }
    const ms = line.fixedMs + line.tokenMs * known;
    const near = nearestRecent(known);
    if (near === undefined) return ms;
    const inProportion = (near.ms * known) / near.tokens;
    const [atLeast, atMost] = [near.ms, inProportion].sort((a, b) => a - b);
    return Math.min(Math.max(ms, atLeast ?? ms), atMost ?? ms);
  }

  /** Returns the size nearest to this one, of those near it that were measured last. */
  function nearestRecent(tokens: number): SizeClass | undefined {
    const distanceOf = (size: SizeClass): number => Math.abs(Math.log(size.tokens / tokens));
    const near = [...classes.values()]
      .filter((size) => size.runs.some((run) => isRecent(run, lastMs)))
      .filter((size) => distanceOf(size) <= Math.log(reach));
    return near.toSorted((a, b) => distanceOf(a) - distanceOf(b))[0];
  }

  function expectedMs({ runs, tokens }: Work): number | undefined {
    if (!(runs > 0)) return classes.size > 0 ? 0 : undefined;
    const ms = msOfRun(tokens / runs);
    return ms === undefined ? undefined : ms * runs;
  }

  function recentRuns(tokens: number, nowMs: number): number {
    let count = 0;
    for (const { runs } of classes.values()) {
      for (const run of runs) {
        const isNear = run.tokens <= tokens * reach && run.tokens >= tokens / reach;
        if (isNear && isRecent(run, nowMs)) count += 1;
      }
    }
    return count;
  }

  return {
    record,
    get overheadTokens() {
      return line !== undefined && line.tokenMs > 0 ? line.fixedMs / line.tokenMs : undefined;
    },
    expectedMs,
    leastMs(work, nowMs) {
      const measured = recentRuns(work.tokens / work.runs, nowMs);
      if (measured === 0) return 0;
      return (expectedMs(work) ?? 0) / (leastDoubt + firstDoubt / measured);
    },
  };
}

function isRecent({ endedMs }: MeasuredRun, nowMs: number): boolean {
  return nowMs - endedMs <= recentMs;
}

/** Returns a function that keeps an estimate for each device, by its name. */
export function createDeviceCosts(): (device: string) => RunCost {
  const costs = new Map<string, RunCost>();
  return (device) => {
    const known = costs.get(device) ?? createRunCost();
    costs.set(device, known);
    return known;
  };
}

/** Returns the line through the sizes, or undefined if they are too close together for one. */
function lineThrough(
  sizes: readonly SizeClass[],
): { readonly fixedMs: number; readonly tokenMs: number } | undefined {
  const slopes: Weighted[] = [];
  for (const small of sizes) {
    for (const large of sizes) {
      if (large.tokens < small.tokens * reach) continue;
      const distance = large.tokens - small.tokens;
      slopes.push({ value: (large.ms - small.ms) / distance, weight: distance });
    }
  }
  if (slopes.length === 0) return undefined;
  const tokenMs = Math.max(0, medianOf(slopes));
  const rests = sizes.map(({ tokens, ms }) => ({ value: ms - tokenMs * tokens, weight: 1 }));
  return { fixedMs: Math.max(0, medianOf(rests)), tokenMs };
}

/** Returns the mean of the values without the largest and the smallest of them. */
function meanOfMiddle(values: readonly number[]): number {
  const cut = Math.floor(values.length * trimmedShare);
  const middle = values.toSorted((a, b) => a - b).slice(cut, values.length - cut);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** Returns the value that has half of the weight on either side. */
function medianOf(values: readonly Weighted[]): number {
  const sorted = values.toSorted((a, b) => a.value - b.value);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let below = 0;
  for (const { value, weight } of sorted) {
    below += weight;
    if (below >= half) return value;
  }
  return Number.NaN;
}
