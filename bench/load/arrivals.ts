import type { Random } from "../random.ts";

/** When requests arrive, whatever became of those before. */
export interface ArrivalOptions {
  /** Mean arrivals in a second. */
  readonly perSecond: number;
  readonly durationMs: number;
  readonly random: Random;
}

/**
 * Returns the arrival times of independent users in ms from the start, ascending, all below
 * `durationMs`: a Poisson process of which the number of arrivals is known, `perSecond` over the
 * whole time. So the offered load is exact, also where only a few requests fit.
 */
export function poissonArrivalsMs(options: ArrivalOptions): number[] {
  const { perSecond, durationMs, random } = options;
  if (!(perSecond > 0)) throw new Error(`arrivals per second must be above 0, got: ${perSecond}`);
  const count = Math.max(1, Math.round((perSecond * durationMs) / 1000));
  return Array.from({ length: count }, () => random() * durationMs).sort((a, b) => a - b);
}
