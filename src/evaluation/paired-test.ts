import { macroMean, type ValuesOfLists } from "./bootstrap.ts";
import { seededRandom } from "./seeded-shuffle.ts";

const permutations = 10_000;
/** Tolerance for comparing sums, whose rounding depends on the order of addition. */
const roundingError = 1e-12;

/**
 * Returns the two-sided p value of Fisher's randomization test for the macro mean of paired
 * differences: how often it is as far from 0 where each difference has a random sign, in 10,000
 * trials. The same differences have the same value in every run; the least is 1 / 10,001.
 */
export function pairedRandomizationTest(differences: ValuesOfLists): number {
  const random = seededRandom("paired");
  const observed = Math.abs(macroMean(differences)) - roundingError;
  let extreme = 0;
  for (let trial = 0; trial < permutations; trial += 1) {
    const flipped = differences.map((list) => list.map((one) => (random() < 0.5 ? one : -one)));
    if (Math.abs(macroMean(flipped)) >= observed) extreme += 1;
  }
  return (extreme + 1) / (permutations + 1);
}
