/** Returns 1 / (1 + e^-logit): the logit as a score between 0 and 1. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
