import { errorFromAbort } from "../errors.ts";
import { type Activation, type Activations, activate } from "./activation.ts";
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
  /** What becomes of logits. Default: sigmoid. */
  readonly activations?: Activations | undefined;
}

const sigmoidForAll: Activations = { usual: "sigmoid", asModel: "sigmoid" };

/** Returns the reranker: check, encode, score, activate, rank. */
export function createReranker(options: RerankerOptions): Reranker {
  const { clock, limits, servedModels, activations = sigmoidForAll } = options;
  const scorePairs = createPairScorer(options);

  async function rerank(request: RerankRequest, call: RerankCall): Promise<RerankResult> {
    const startedMs = clock.nowMs();
    checkRequest(request, limits, servedModels, options.tokenizer.takesInstruction === true);
    if (call.signal.aborted) throw errorFromAbort(call.signal);
    const scored = await scorePairs(request, call);
    const { pairs, totalTokens, tokenizationMs, queueMs, inferenceMs } = scored;

    const activation = activationOf(request, activations);
    const logits = Float32Array.from(pairs, ({ logit }) => logit);
    const results = rankDocuments(logits, request.topN ?? 0)
      .map((index) => resultOf(index, pairs[index] as PairScore, activation))
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
