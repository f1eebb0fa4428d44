import { seededRandom } from "./seeded-shuffle.ts";

/** A mean, and the interval in which 95% of resampled means lie. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Values of queries, by list. */
export type ValuesOfLists = readonly (readonly number[])[];

const resamples = 2000;
/** The part of the resamples that each end of the interval leaves out. */
const tail = 0.025;

/** Returns the mean over lists of their means; each list counts the same. NaN if there are none. */
export function macroMean(lists: ValuesOfLists): number {
  return meanOfNumbers(lists.map(meanOfNumbers));
}

/**
 * Returns the macro mean with its percentile bootstrap interval: the queries of each list are drawn
 * with replacement, 2,000 times. The lists themselves are taken as given. The same values have the
 * same interval in every run.
 */
export function bootstrapInterval(lists: ValuesOfLists): Interval {
  const random = seededRandom("bootstrap");
  const means = Array.from({ length: resamples }, () =>
    macroMean(
      lists.map((values) =>
        values.map(() => values[Math.floor(random() * values.length)] as number),
      ),
    ),
  ).sort((a, b) => a - b);
  const at = (share: number): number => means[Math.round(share * (resamples - 1))] as number;
  return { mean: macroMean(lists), low: at(tail), high: at(1 - tail) };
}

function meanOfNumbers(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
