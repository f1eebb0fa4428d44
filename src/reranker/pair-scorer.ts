import type { Clock } from "../clock.ts";
import { RerankError } from "../errors.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Encoding, Tokenizer } from "../tokenizer/tokenizer.ts";
import type { RerankCall, RerankRequest } from "./rerank-request.ts";
import type { PairScore, ScoreCache } from "./score-cache.ts";

/** The scores of one request's pairs, and what they cost. */
export interface ScoredRequest {
  /** One for each document, in order. */
  readonly pairs: readonly PairScore[];
  /** Tokens that the model read. */
  readonly totalTokens: number;
  readonly tokenizationMs: number;
  readonly queueMs: number;
  readonly inferenceMs: number;
}

/** What scoring pairs needs. */
export interface PairScorerOptions {
  readonly tokenizer: Tokenizer;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  /** Longest pair in tokens; longer ones are cut. */
  readonly maxLength: number;
  /** Default: every pair is scored anew. */
  readonly cache?: ScoreCache | undefined;
}

/** Scores the pairs of a checked request. */
export type ScorePairs = (request: RerankRequest, call: RerankCall) => Promise<ScoredRequest>;

/**
 * Returns a function that encodes and scores pairs. Equal documents of a request, and pairs in the
 * cache, are not scored again. It rejects with `invalid_argument` before any inference if a pair is
 * too long and `truncate` is false.
 */
export function createPairScorer(options: PairScorerOptions): ScorePairs {
  const { tokenizer, scheduler, clock, maxLength, cache } = options;

  return async ({ query, documents, truncate }, { signal, timeoutMs }) => {
    const startedMs = clock.nowMs();
    const known = new Map<string, PairScore>();
    const unknown = new Set<string>();
    for (const document of documents) {
      const score = cache?.get(query, document);
      if (score) known.set(document, score);
      else unknown.add(document);
    }
    const texts = [...unknown];
    const encodings = await tokenizer.encodePairs(query, texts, { maxLength, signal });
    const tokenizationMs = clock.nowMs() - startedMs;
    const cuts = new Map<string, Cut>(known);
    for (const [i, text] of texts.entries()) cuts.set(text, encodings[i] as Encoding);
    if (truncate === false) checkNothingCut(documents, cuts, maxLength);

    const { logits, queueMs, inferenceMs } = await scheduler.score(encodings, {
      signal,
      timeoutMs: timeoutMs === undefined ? undefined : timeoutMs - tokenizationMs,
    });
    for (const [i, text] of texts.entries()) {
      const { queryTruncated, documentTruncated } = encodings[i] as Encoding;
      const score = { logit: logits[i] ?? Number.NaN, queryTruncated, documentTruncated };
      known.set(text, score);
      cache?.set(query, text, score);
    }
    return {
      pairs: documents.map((document) => known.get(document) as PairScore),
      totalTokens: encodings.reduce((sum, { inputIds }) => sum + inputIds.length, 0),
      tokenizationMs,
      queueMs,
      inferenceMs,
    };
  };
}

type Cut = Pick<PairScore, "queryTruncated" | "documentTruncated">;

function checkNothingCut(
  documents: readonly string[],
  cuts: ReadonlyMap<string, Cut>,
  maxLength: number,
): void {
  const index = documents.findIndex((document) => {
    const cut = cuts.get(document);
    return cut?.queryTruncated || cut?.documentTruncated;
  });
  if (index < 0) return;
  const field = `documents[${index}]`;
  throw new RerankError(
    "invalid_argument",
    `\`${field}\` together with \`query\` is longer than ${maxLength} tokens, and \`truncate\` is false`,
    { field },
  );
}
