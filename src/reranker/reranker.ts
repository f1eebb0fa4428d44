import { errorFromAbort } from "../errors.ts";
import { type Activation, type Activations, activate } from "./activation.ts";
import { atPosition } from "./at-position.ts";
import { checkRequest } from "./check-request.ts";
import { createPairScorer, type PairScorerOptions } from "./pair-scorer.ts";
import type {
  RankedDocument,
  RequestLimits,
  RerankCall,
  Reranker,
  RerankRequest,
  RerankResult,
} from "./rerank-request.ts";
import type { PairScore } from "./score-cache.ts";

/** Options of a reranker. */
export interface RerankerOptions extends PairScorerOptions {
  readonly limits: RequestLimits;
  /** The names under which requests may ask for the model; the first is its own. At least one. */
  readonly servedModels: readonly [string, ...string[]];
  /** What becomes of logits. Default: sigmoid. */
  readonly activations?: Activations | undefined;
}

const sigmoidForAll: Activations = { usual: "sigmoid", asModel: "sigmoid" };

/** Returns the reranker: check, encode, score, activate, rank. */
export function createReranker(options: RerankerOptions): Reranker {
  const { clock, limits, servedModels, tokenizer, activations = sigmoidForAll } = options;
  const scorePairs = createPairScorer(options);

  async function rerankTogether(
    asked: readonly RerankRequest[],
    call: RerankCall,
  ): Promise<RerankResult[]> {
    const startedMs = clock.nowMs();
    for (const [position, request] of asked.entries()) {
      atPosition(position, () => checkRequest(request, limits, servedModels, tokenizer));
    }
    const requests = asked.map(wellFormed);
    if (call.signal.aborted) throw errorFromAbort(call.signal);
    const { rankings, ...spent } = await scorePairs(requests, call);
    const answers = requests.map((request, position) => ({ request, ...rankings[position] }));
    const results = answers.map(({ request, pairs = [], totalTokens = 0 }) => ({
      model: request.model || servedModels[0],
      results: resultsOf(request, pairs, activationOf(request, activations)),
      totalTokens,
      queryTruncated: pairs.some(({ queryTruncated }) => queryTruncated),
    }));
    const timings = { ...spent, totalMs: clock.nowMs() - startedMs };
    return results.map((result) => ({ ...result, timings }));
  }

  async function rerank(request: RerankRequest, call: RerankCall): Promise<RerankResult> {
    const [result] = await rerankTogether([request], call);
    return result as RerankResult;
  }

  return { rerank, rerankTogether };
}

function resultsOf(
  request: RerankRequest,
  pairs: readonly PairScore[],
  activation: Activation,
): RankedDocument[] {
  const logits = Float32Array.from(pairs, ({ logit }) => logit);
  return rankDocuments(logits, request.topN ?? 0)
    .map((index) => resultOf(index, pairs[index] as PairScore, activation))
    .filter(({ relevanceScore }) => isWanted(relevanceScore, request));
}

/**
 * Returns a request whose texts are valid Unicode: a lone surrogate is U+FFFD, as every encoding to
 * bytes has it, so that a text scores the same whichever way it came.
 */
function wellFormed(request: RerankRequest): RerankRequest {
  const documents = request.documents.map((document) => document.toWellFormed());
  const instruction = request.instruction?.toWellFormed();
  return { ...request, query: request.query.toWellFormed(), documents, instruction };
}

function activationOf(
  { rawScores, scoreHabit }: RerankRequest,
  { usual, asModel }: Activations,
): Activation {
  if (rawScores) return "identity";
  return scoreHabit === "model" ? asModel : usual;
}

function resultOf(
  index: number,
  { logit, documentTruncated, passage }: PairScore,
  activation: Activation,
): RankedDocument {
  return {
    index,
    relevanceScore: Math.fround(activate(logit, activation)),
    truncated: documentTruncated,
    ...(passage && { passage }),
  };
}

/** Compares float32 values, so that a score that was returned lets its document pass. */
function isWanted(score: number, { scoreThreshold }: RerankRequest): boolean {
  return scoreThreshold === undefined || score >= Math.fround(scoreThreshold);
}

/**
 * Returns document positions from the highest logit to the lowest, `topN` of them at most (0: all).
 * Equal logits keep their order; a NaN counts as the lowest.
 */
function rankDocuments(logits: ArrayLike<number>, topN: number): number[] {
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
