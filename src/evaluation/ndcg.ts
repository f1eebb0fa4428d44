/** How many places of a ranking count, for every metric here. */
export const metricDepth = 10;

/**
 * Returns nDCG@10 of a ranking: its discounted gain over the best possible one, 0 to 1. The gain of
 * a document is 2^rel - 1, 0 for labels below 0; place i, from 1, counts 1 / log2(i + 1). `ideal`
 * holds the labels of all documents that could have been found, in any order. Returns 0 if none of
 * them is relevant.
 */
export function ndcgAt10(ranked: readonly number[], ideal: readonly number[]): number {
  const best = discountedGain([...ideal].sort((a, b) => b - a));
  return best === 0 ? 0 : discountedGain(ranked) / best;
}

function discountedGain(labels: readonly number[]): number {
  return labels
    .slice(0, metricDepth)
    .reduce((sum, label, place) => sum + gainOf(label) / Math.log2(place + 2), 0);
}

function gainOf(label: number): number {
  return label > 0 ? 2 ** label - 1 : 0;
}
