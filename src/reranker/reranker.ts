import { errorFromAbort } from "../errors.ts";
import { sigmoid } from "./activation.ts";
import { checkRequest } from "./check-request.ts";
import { createPairScorer, type PairScorerOptions } from "./pair-scorer.ts";
import { rankDocuments } from "./rank-documents.ts";
import type {
  RankedDocument,
  RequestLimits,
  RerankCall,
  Reranker,
  RerankRequest,
  RerankResult,
} from "./rerank-request.ts";
import type { PairScore } from "./score-cache.ts";

/** What a reranker works with. */
export interface RerankerOptions extends PairScorerOptions {
  readonly limits: RequestLimits;
  /** The names under which requests may ask for the model; the first is its own. At least one. */
  readonly servedModels: readonly [string, ...string[]];
}

/** Returns the reranker: check, encode, score, activate, rank. */
export function createReranker(options: RerankerOptions): Reranker {
  const { clock, limits, servedModels } = options;
  const scorePairs = createPairScorer(options);

  async function rerank(asked: RerankRequest, call: RerankCall): Promise<RerankResult> {
    const startedMs = clock.nowMs();
    checkRequest(asked, limits, servedModels);
    const request = wellFormed(asked);
    if (call.signal.aborted) throw errorFromAbort(call.signal);
    const scored = await scorePairs(request, call);
    const { pairs, totalTokens, tokenizationMs, queueMs, inferenceMs } = scored;

    const logits = Float32Array.from(pairs, ({ logit }) => logit);
    const results = rankDocuments(logits, request.topN ?? 0)
      .map((index) => resultOf(index, pairs[index] as PairScore, request))
      .filter(({ relevanceScore }) => isWanted(relevanceScore, request));
    const totalMs = clock.nowMs() - startedMs;
    return {
      model: request.model || servedModels[0],
      results,
      totalTokens,
      queryTruncated: pairs.some(({ queryTruncated }) => queryTruncated),
      timings: { tokenizationMs, queueMs, inferenceMs, totalMs },
    };
  }

  return { rerank };
}

/**
 * Returns a request whose texts are valid Unicode: a lone surrogate is U+FFFD, as every encoding to
 * bytes has it, so that a text scores the same whichever way it came.
 */
function wellFormed(request: RerankRequest): RerankRequest {
  const documents = request.documents.map((document) => document.toWellFormed());
  return { ...request, query: request.query.toWellFormed(), documents };
}

function resultOf(
  index: number,
  { logit, documentTruncated, passage }: PairScore,
  { rawScores }: RerankRequest,
): RankedDocument {
  return {
    index,
    relevanceScore: rawScores ? Math.fround(logit) : Math.fround(sigmoid(logit)),
    truncated: documentTruncated,
    ...(passage && { passage }),
  };
}

/** Compares float32 values, so that a score that was returned lets its document pass. */
function isWanted(score: number, { scoreThreshold }: RerankRequest): boolean {
  return scoreThreshold === undefined || score >= Math.fround(scoreThreshold);
}
