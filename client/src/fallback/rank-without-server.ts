import { checkTopN } from "../call/check.ts";
import { RerankClientError } from "../call/client-error.ts";
import { type FallbackFormula, fallbackScoreOf, formulaOf } from "./fallback-score.ts";
import type { Candidate, FallbackWeights, RankedCandidate } from "./fallback-types.ts";

/** Options of rankWithoutServer. */
export interface RankOptions extends FallbackWeights {
  /** The most results to return, a whole number of 0 or more. Default, and for 0: all. */
  readonly topN?: number | undefined;
  /** Milliseconds since 1970, for the age of candidates. Default: `Date.now`. */
  readonly nowMs?: (() => number) | undefined;
}

/**
 * Orders candidates of a search by similarity and recency, best first:
 *
 *     fallbackScore = weightSimilarity * similarity + weightRecency * 2^(-age / halfLife)
 *
 * Equal scores keep their order. Throws a RerankClientError with `invalid_argument` for an option that
 * cannot be.
 */
export function rankWithoutServer<T extends Candidate>(
  candidates: readonly T[],
  options: RankOptions = {},
): RankedCandidate<T>[] {
  const { topN, nowMs = Date.now } = options;
  if (!Array.isArray(candidates)) {
    const message = `\`candidates\` must be an array, got: \`${typeof candidates}\``;
    throw new RerankClientError("invalid_argument", message);
  }
  checkTopN(topN);
  return inFallbackOrder(withFallbackScores(candidates, formulaOf(options), nowMs()), topN);
}

/** Returns the candidates in the order in which they came, with their scores. */
export function withFallbackScores<T extends Candidate>(
  candidates: readonly T[],
  formula: FallbackFormula,
  nowMs: number,
): RankedCandidate<T>[] {
  return candidates.map((candidate, index) => {
    const fallbackScore = fallbackScoreOf(candidate, formula, nowMs);
    return { candidate, index, relevanceScore: undefined, fallbackScore };
  });
}

/** Orders by fallback score; equal scores keep their order. `topN` of 0 is all. */
export function inFallbackOrder<T extends Candidate>(
  scored: readonly RankedCandidate<T>[],
  topN: number | undefined,
): RankedCandidate<T>[] {
  return scored
    .toSorted((a, b) => b.fallbackScore - a.fallbackScore || a.index - b.index)
    .slice(0, topN || scored.length);
}
