/** Most that two runtimes may differ in a logit of the same fp32 weights. */
export const fp32Tolerance = 1e-3;

/** How the scores of two contenders compare. */
export interface Agreement {
  /** Number of documents compared. */
  readonly documents: number;
  readonly maxDifference: number;
  readonly meanDifference: number;
  /** Share of neighbours in the reference's ranking that keep their order, 0 to 1. */
  readonly orderKept: number;
}

/**
 * Compares scores request by request. Throws if a request has another number of scores, or a score
 * is not a finite number.
 */
export function compareScores(
  expected: readonly (readonly number[])[],
  got: readonly (readonly number[])[],
): Agreement {
  if (expected.length !== got.length) throw new Error("the number of requests differs");
  const differences: number[] = [];
  let neighbours = 0;
  let kept = 0;
  for (const [request, reference] of expected.entries()) {
    const scores = got[request] ?? [];
    if (scores.length !== reference.length || !scores.every(Number.isFinite)) {
      throw new Error(
        `request ${request} has ${reference.length} documents, and not as many scores`,
      );
    }
    const at = (index: number | undefined) => scores[index ?? -1] ?? Number.NaN;
    differences.push(...reference.map((score, index) => Math.abs(score - at(index))));
    const ranking = [...reference.keys()].sort((a, b) => (reference[b] ?? 0) - (reference[a] ?? 0));
    neighbours += Math.max(0, ranking.length - 1);
    kept += ranking.filter((index, rank) => rank > 0 && at(ranking[rank - 1]) >= at(index)).length;
  }
  const sum = differences.reduce((total, difference) => total + difference, 0);
  return {
    documents: differences.length,
    maxDifference: differences.reduce((most, difference) => Math.max(most, difference), 0),
    meanDifference: differences.length === 0 ? 0 : sum / differences.length,
    orderKept: neighbours === 0 ? 1 : kept / neighbours,
  };
}

/**
 * Throws an error that names the contender if its scores are further than `tolerance` from the
 * reference on any document.
 */
export function requireAgreement(
  name: string,
  agreement: Agreement,
  tolerance: number = fp32Tolerance,
): void {
  if (agreement.maxDifference <= tolerance) return;
  throw new Error(
    `${name} disagrees with the reference: a score differs by ${agreement.maxDifference.toExponential(2)}, more than ${tolerance}`,
  );
}
