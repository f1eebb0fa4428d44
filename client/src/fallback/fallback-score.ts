import { checkFinite, checkPositive } from "../call/check.ts";
import type { Candidate, FallbackWeights } from "./fallback-types.ts";

/** The complete weights of the fallback score, with defaults filled in. */
export interface FallbackFormula {
  readonly weightSimilarity: number;
  readonly weightRecency: number;
  readonly halfLifeMs: number;
}

/**
 * The similarity decides, and recency between candidates that are about as similar: all of it is
 * worth a fifth of a similarity of 1. After a month it is worth half.
 */
export const defaultFormula: FallbackFormula = {
  weightSimilarity: 0.8,
  weightRecency: 0.2,
  halfLifeMs: 30 * 24 * 60 * 60 * 1_000,
};

/** The recency of a candidate of unknown age: as if it were one half-life old. */
const neutralRecency = 0.5;

/** The similarity that a candidate has whose own is no number. */
const worstSimilarity = -1;

/**
 * Returns a formula with what is not given taken from `defaults`. Throws a RerankClientError with
 * `invalid_argument` for a weight that is no finite number or a half-life that is not positive.
 */
export function formulaOf(
  weights: FallbackWeights,
  defaults: FallbackFormula = defaultFormula,
): FallbackFormula {
  const { weightSimilarity = defaults.weightSimilarity } = weights;
  const { weightRecency = defaults.weightRecency, halfLifeMs = defaults.halfLifeMs } = weights;
  checkFinite("weightSimilarity", weightSimilarity);
  checkFinite("weightRecency", weightRecency);
  checkPositive("halfLifeMs", halfLifeMs);
  return { weightSimilarity, weightRecency, halfLifeMs };
}

/**
 * Returns the score of a candidate without a server:
 *
 *     weightSimilarity * similarity + weightRecency * 2^(-age / halfLife)
 *
 * A date in the future counts as now. A date that is missing or cannot be read counts as one
 * half-life ago, a similarity that is no number as -1: a fallback does not fail.
 */
export function fallbackScoreOf(
  { similarity, createdAt }: Candidate,
  { weightSimilarity, weightRecency, halfLifeMs }: FallbackFormula,
  nowMs: number,
): number {
  const known = Number.isFinite(similarity) ? similarity : worstSimilarity;
  const ageMs = Math.max(0, nowMs - timeOf(createdAt));
  const recency = Number.isNaN(ageMs) ? neutralRecency : 2 ** (-ageMs / halfLifeMs);
  return weightSimilarity * known + weightRecency * recency;
}

/** Returns milliseconds since 1970, NaN for a time that cannot be read. */
function timeOf(createdAt: Candidate["createdAt"]): number {
  if (createdAt === undefined || createdAt === null) return Number.NaN;
  const timeMs = typeof createdAt === "number" ? createdAt : new Date(createdAt).getTime();
  return Number.isFinite(timeMs) ? timeMs : Number.NaN;
}
