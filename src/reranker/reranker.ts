import { errorFromAbort, RerankError } from "../errors.ts";
import type { Clock } from "../scheduler/clock.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Encoding, Tokenizer } from "../tokenizer/tokenizer.ts";
import { sigmoid } from "./activation.ts";
import { checkRequest } from "./check-request.ts";
import { rankDocuments } from "./rank-documents.ts";
import type {
  RequestLimits,
  RerankCall,
  Reranker,
  RerankRequest,
  RerankResult,
} from "./rerank-request.ts";

/** What a reranker works with. */
export interface RerankerOptions {
  readonly tokenizer: Tokenizer;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly limits: RequestLimits;
  /** The names under which requests may ask for the model; the first is its own. At least one. */
  readonly servedModels: readonly [string, ...string[]];
  /** Longest pair in tokens; longer ones are cut. */
  readonly maxLength: number;
}

/** Returns the reranker: check, encode, score, activate, rank. Equal documents of a request are scored once. */
export function createReranker(options: RerankerOptions): Reranker {
  const { tokenizer, scheduler, clock, limits, servedModels, maxLength } = options;

  async function rerank(
    request: RerankRequest,
    { signal, timeoutMs }: RerankCall,
  ): Promise<RerankResult> {
    const startedMs = clock.now();
    checkRequest(request, limits, servedModels);
    if (signal.aborted) throw errorFromAbort(signal);
    const { query, documents } = request;
    const { distinct, positions } = foldEqual(documents);
    const encodings = await tokenizer.encodePairs(query, distinct, { maxLength, signal });
    const encodedMs = clock.now();
    if (request.truncate === false) checkNothingCut(encodings, positions, maxLength);
    const scored = await scheduler.score(encodings, {
      signal,
      timeoutMs: timeoutMs === undefined ? undefined : timeoutMs - (encodedMs - startedMs),
    });
    const logits = Float32Array.from(
      positions,
      (position) => scored.logits[position] ?? Number.NaN,
    );

    const results = rankDocuments(logits, request.topN ?? 0).map((index) => {
      const logit = logits[index] ?? Number.NaN;
      return {
        index,
        relevanceScore: request.rawScores ? logit : Math.fround(sigmoid(logit)),
        truncated: encodings[positions[index] ?? -1]?.documentTruncated ?? false,
      };
    });
    return {
      model: request.model || servedModels[0],
      results,
      totalTokens: encodings.reduce((sum, { inputIds }) => sum + inputIds.length, 0),
      queryTruncated: encodings.some(({ queryTruncated }) => queryTruncated),
      timings: {
        tokenizationMs: encodedMs - startedMs,
        queueMs: scored.queueMs,
        inferenceMs: scored.inferenceMs,
        totalMs: clock.now() - startedMs,
      },
    };
  }

  return { rerank };
}

/** Returns the documents without repeats, and for each document its position among them. */
function foldEqual(documents: readonly string[]): { distinct: string[]; positions: number[] } {
  const positionOf = new Map<string, number>();
  const positions = documents.map((document) => {
    const position = positionOf.get(document) ?? positionOf.size;
    positionOf.set(document, position);
    return position;
  });
  return { distinct: [...positionOf.keys()], positions };
}

function checkNothingCut(
  encodings: readonly Encoding[],
  positions: readonly number[],
  maxLength: number,
): void {
  const index = positions.findIndex((position) => {
    const encoding = encodings[position];
    return encoding?.documentTruncated || encoding?.queryTruncated;
  });
  if (index < 0) return;
  const field = `documents[${index}]`;
  throw new RerankError(
    "invalid_argument",
    `\`${field}\` together with \`query\` is longer than ${maxLength} tokens, and \`truncate\` is false`,
    { field },
  );
}
