import type { Random } from "../random.ts";

/** When requests arrive, whatever became of those before. */
export interface ArrivalOptions {
  /** Mean arrivals in a second. */
  readonly perSecond: number;
  readonly durationMs: number;
  readonly random: Random;
}

/**
 * Returns the arrival times of a Poisson process in ms from its start, ascending, all below
 * `durationMs`: independent users at a constant mean rate.
 */
export function poissonArrivalsMs(options: ArrivalOptions): number[] {
  const { perSecond, durationMs, random } = options;
  if (!(perSecond > 0)) throw new Error(`arrivals per second must be above 0, got: ${perSecond}`);
  const arrivals: number[] = [];
  const meanGapMs = 1000 / perSecond;
  for (;;) {
    const gapMs = -Math.log(1 - random()) * meanGapMs;
    const atMs = (arrivals.at(-1) ?? 0) + gapMs;
    if (atMs >= durationMs) return arrivals;
    arrivals.push(atMs);
  }
}
