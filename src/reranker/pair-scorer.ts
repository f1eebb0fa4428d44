import type { Clock } from "../clock.ts";
import { RerankError } from "../errors.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { passageOf } from "./passage.ts";
import { type DocumentReading, readDocuments, readingOf } from "./read-documents.ts";
import type { RerankCall, RerankRequest } from "./rerank-request.ts";
import type { PairScore, ScoreCache } from "./score-cache.ts";
import { createTokenEstimate } from "./token-estimate.ts";

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
  readonly scheduler: Pick<Scheduler, "score" | "checkRoom">;
  readonly clock: Clock;
  /** Longest pair in tokens; longer ones are cut. */
  readonly maxLength: number;
  /** Most tokens of one request's windows together. Default: `defaultMaxWindowTokens`. */
  readonly maxWindowTokens?: number | undefined;
  /** Default: every pair is scored anew. */
  readonly cache?: ScoreCache | undefined;
}

/** As many tokens as a server's queue takes by default. */
export const defaultMaxWindowTokens = 2_000_000;

/** Scores the pairs of a checked request. */
export type ScorePairs = (request: RerankRequest, call: RerankCall) => Promise<ScoredRequest>;

/**
 * Returns a function that encodes and scores pairs. A document that is read in windows has the
 * score of its best window, the first of equal ones. Equal documents of a request, and pairs in the
 * cache, are not scored again. A request that the scheduler has surely no room for is refused
 * before its texts are encoded. It rejects with `invalid_argument` before any inference if a pair is
 * too long and `truncate` is false.
 */
export function createPairScorer(options: PairScorerOptions): ScorePairs {
  const { tokenizer, scheduler, clock, maxLength, cache } = options;
  const { maxWindowTokens = defaultMaxWindowTokens } = options;
  const estimate = createTokenEstimate(maxLength);

  return async (request, { signal, timeoutMs, observer }) => {
    const { query, documents, maxTokensPerPair = maxLength } = request;
    const pairLimit = Math.min(maxLength, maxTokensPerPair);
    const { maxTokensPerDocument = pairLimit } = request;
    const limits = { tokenizer, maxLength: pairLimit, maxWindowTokens };
    const startedMs = clock.nowMs();
    const reading = readingOf(request);
    const known = new Map<string, PairScore>();
    const unknown = new Set<string>();
    for (const document of documents) {
      const score = cache?.get({ query, document, reading });
      if (score) known.set(document, score);
      else unknown.add(document);
    }
    const texts = [...unknown];
    if (texts.length > 0) {
      const most = Math.min(maxTokensPerDocument, pairLimit);
      const least = estimate.leastTokens({
        query: request.maxTokensPerQuery === undefined ? query : "",
        documents: texts,
        maxTokensPerDocument: most,
      });
      scheduler.checkRoom(least, timeoutMs);
    }
    const readings = await readDocuments(limits, request, texts, signal);
    const endedMs = clock.nowMs();
    const tokenizationMs = endedMs - startedMs;
    const encodings = readings.flatMap((document) => document.encodings);
    const totalTokens = encodings.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
    if (request.longDocuments !== "windows") {
      const characters = texts.reduce((sum, text) => sum + query.length + text.length, 0);
      estimate.learn({ pairs: texts.length, characters, tokens: totalTokens });
    }
    observer?.tokenized({
      startedMs,
      endedMs,
      documents: texts.length,
      cached: known.size,
      tokens: totalTokens,
    });
    if (request.truncate === false) {
      const cuts = new Map<string, Cut | undefined>(known);
      for (const [i, text] of texts.entries()) cuts.set(text, readings[i]?.encodings[0]);
      checkNothingTooLong(request, cuts, pairLimit);
    }

    const { logits, queueMs, inferenceMs } = await scheduler.score(encodings, {
      signal,
      timeoutMs: timeoutMs === undefined ? undefined : timeoutMs - tokenizationMs,
      observer,
    });
    let scored = 0;
    for (const [i, document] of texts.entries()) {
      const read = readings[i] as DocumentReading;
      const ownLogits = logits.subarray(scored, scored + read.encodings.length);
      scored += read.encodings.length;
      const score = scoreOf(document, read, ownLogits);
      known.set(document, score);
      cache?.set({ query, document, reading }, score);
    }
    return {
      pairs: documents.map((document) => known.get(document) as PairScore),
      totalTokens,
      tokenizationMs,
      queueMs,
      inferenceMs,
    };
  };
}

/** Returns the score of a document's best window. */
function scoreOf(
  document: string,
  { encodings, spans }: DocumentReading,
  logits: Float32Array,
): PairScore {
  const best = positionOfBest(logits);
  const {
    queryTruncated = false,
    documentTruncated = false,
    tooLong = false,
  } = encodings[best] ?? {};
  const span = spans?.[best];
  return {
    logit: logits[best] ?? Number.NaN,
    queryTruncated,
    documentTruncated,
    tooLong,
    ...(span && { passage: passageOf(document, span) }),
  };
}

/** Returns the position of the highest logit, the first of equal ones; a NaN is the lowest. */
function positionOfBest(logits: Float32Array): number {
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (const [position, logit] of logits.entries()) {
    if (!(logit > highest)) continue;
    best = position;
    highest = logit;
  }
  return best;
}

type Cut = Pick<PairScore, "tooLong">;

function checkNothingTooLong(
  { documents, longDocuments }: RerankRequest,
  cuts: ReadonlyMap<string, Cut | undefined>,
  maxLength: number,
): void {
  const index = documents.findIndex((document) => cuts.get(document)?.tooLong);
  if (index < 0) return;
  // Windows leave no document over-long: it is the query that takes too much of them.
  const isQuery = longDocuments === "windows";
  const field = isQuery ? "query" : `documents[${index}]`;
  const what = isQuery
    ? `\`query\` together with a window of \`documents[${index}]\``
    : `\`${field}\` together with \`query\``;
  throw new RerankError(
    "invalid_argument",
    `${what} is longer than ${maxLength} tokens, and \`truncate\` is false`,
    { field },
  );
}
