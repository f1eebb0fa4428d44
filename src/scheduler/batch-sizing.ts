import type { BatchLimits } from "./fair-queue.ts";
import type { BatchPolicy } from "./work.ts";

/** How large batches may become where each run of the model has a large fixed cost. */
export interface BatchBounds extends BatchPolicy {
  /** The largest values that measurements may lead to. Default: nothing changes. */
  readonly largest?: Pick<BatchPolicy, "maxBatchTokens" | "runOverheadTokens"> | undefined;
}

/** What forms batches, as far as the model's cost is known. */
export interface BatchSizing {
  /** How batches are formed now: another object after a change. */
  readonly policy: BatchPolicy;
  /**
   * Returns the limits of the next batch of a worker that holds `heldTokens`; `shareTokens` of what
   * waits are its part.
   */
  limitsOf(heldTokens: number, shareTokens: number): BatchLimits;
  /**
   * Returns whether a batch is made ready for a worker that is busy with one of `heldTokens`, while
   * `queuedTokens` wait.
   */
  takesReady(queuedTokens: number, heldTokens: number): boolean;
  /**
   * Takes a run that ended, and the fixed cost of one as measured, in tokens; undefined where that
   * is not known. Changes the policy after some runs if it does not fit.
   */
  learn(overheadTokens: number | undefined): void;
}

/** Runs between two looks at the measured cost. */
const reviewRuns = 32;

/**
 * Runs whose measured costs count, by their median: on a machine that is shared one estimate is several
 * times another.
 */
const keptRuns = 256;

/** A measured cost this many times off its step leaves it, so that noise does not. */
const hysteresis = 1.4;

/** A batch is so large that its fixed cost is at most one part in this many. */
const batchPerOverhead = 32;

/** A worker's part of a request is at least this many times the fixed cost. */
const sharePerOverhead = 4;

/** A batch that is made ready has this many times the tokens of its fixed cost. */
const readyPerOverhead = 8;

/**
 * Returns the sizing that begins with the bounds' own values. It follows the model's fixed cost of a
 * run in steps of two: where that is a large part of a run, batches become larger and take pairs of
 * more different lengths. What one worker is given at a time stays two batches of the first size, so
 * that a small request waits no longer: a larger batch goes without one that is ready.
 */
export function createBatchSizing(bounds: BatchBounds): BatchSizing {
  const { largest, ...least } = bounds;
  const maxHeldTokens = 2 * least.maxBatchTokens;
  let policy: BatchPolicy = least;
  /** The last measured costs, oldest first. */
  const measuredTokens: number[] = [];
  let runs = 0;

  function review(): void {
    const measured = measuredTokens.toSorted((a, b) => a - b)[measuredTokens.length >> 1];
    if (measured === undefined || largest === undefined) return;
    const { runOverheadTokens: present } = policy;
    let next = present;
    if (measured > 2 * hysteresis * present) next = 2 * present;
    if (measured < present / hysteresis) next = present / 2;
    next = clamp(next, least.runOverheadTokens, largest.runOverheadTokens);
    if (next === present) return;
    const wanted = next === least.runOverheadTokens ? 0 : next * batchPerOverhead;
    policy = {
      ...least,
      runOverheadTokens: next,
      maxBatchTokens: clamp(wanted, least.maxBatchTokens, largest.maxBatchTokens),
    };
  }

  return {
    get policy() {
      return policy;
    },
    limitsOf(heldTokens, shareTokens) {
      const { runOverheadTokens, rowByRow } = policy;
      const leastShare = rowByRow ? 0 : sharePerOverhead * runOverheadTokens;
      return {
        paddedTokens: maxHeldTokens - heldTokens,
        shareTokens: Math.max(leastShare, shareTokens),
      };
    },
    takesReady(queuedTokens, heldTokens) {
      const { runOverheadTokens } = policy;
      // Where a run costs little by itself, a small batch costs nothing.
      const isCostly = runOverheadTokens > least.runOverheadTokens;
      const ready = isCostly ? readyPerOverhead * runOverheadTokens : 0;
      return queuedTokens >= ready && heldTokens + ready < maxHeldTokens;
    },
    learn(overheadTokens) {
      runs += 1;
      if (overheadTokens !== undefined) measuredTokens.push(overheadTokens);
      if (measuredTokens.length > keptRuns) measuredTokens.shift();
      if (runs % reviewRuns === 0) review();
    },
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), Math.max(least, most));
}
