/**
 * Returns document positions from the highest logit to the lowest, `topN` of them at most (0: all).
 * Equal logits keep their order; a NaN counts as the lowest.
 */
export function rankDocuments(logits: ArrayLike<number>, topN: number): number[] {
  const order = Array.from(logits, (_logit, index) => index);
  const keyOf = (index: number): number => {
    const logit = logits[index] ?? Number.NaN;
    return Number.isNaN(logit) ? Number.NEGATIVE_INFINITY : logit;
  };
  order.sort((a, b) => compare(keyOf(b), keyOf(a)) || a - b);
  return topN > 0 ? order.slice(0, topN) : order;
}

function compare(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
