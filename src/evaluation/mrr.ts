import { metricDepth } from "./ndcg.ts";

/**
 * Returns 1 / place of the first relevant document (label above 0) among the first ten, else 0. The
 * mean over queries is MRR@10.
 */
export function reciprocalRankAt10(ranked: readonly number[]): number {
  const place = ranked.slice(0, metricDepth).findIndex((label) => label > 0);
  return place < 0 ? 0 : 1 / (place + 1);
}
