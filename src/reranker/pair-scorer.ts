import type { Clock } from "../clock.ts";
import { RerankError } from "../errors.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Encoding, Tokenizer } from "../tokenizer/tokenizer.ts";
import { errorAt } from "./at-position.ts";
import { mapTogether } from "./map-together.ts";
import { passageOf } from "./passage.ts";
import { type DocumentReading, readDocuments, readingOf } from "./read-documents.ts";
import type { RerankCall, RerankRequest } from "./rerank-request.ts";
import type { PairScore, ScoreCache } from "./score-cache.ts";
import { createTokenEstimate } from "./token-estimate.ts";

/** The scores of the pairs of requests that are ranked together, and what they cost. */
export interface ScoredRequests {
  /** One for each request, in order. */
  readonly rankings: readonly ScoredRequest[];
  readonly tokenizationMs: number;
  readonly queueMs: number;
  readonly inferenceMs: number;
}

/** The scores of one request's pairs. */
export interface ScoredRequest {
  /** One for each document, in order. */
  readonly pairs: readonly PairScore[];
  /** Tokens that the model read. */
  readonly totalTokens: number;
}

/** The dependencies of the scorer of pairs. */
export interface PairScorerOptions {
  readonly tokenizer: Tokenizer;
  readonly scheduler: Pick<Scheduler, "score" | "checkCapacity">;
  readonly clock: Clock;
  /** Longest pair in tokens; longer ones are cut. */
  readonly maxLength: number;
  /** Most tokens of one request's windows together. Default: `defaultMaxWindowTokens`. */
  readonly maxWindowTokens?: number | undefined;
  /** Default: every pair is scored again. */
  readonly cache?: ScoreCache | undefined;
}

/** As many tokens as a server's queue takes by default. */
const defaultMaxWindowTokens = 2_000_000;

/** Scores the pairs of checked requests, all of them or none. */
export type ScorePairs = (
  requests: readonly RerankRequest[],
  call: RerankCall,
) => Promise<ScoredRequests>;

/** Requests of a call whose texts are read at a time: other calls' texts come between. */
const maxReadTogether = 8;

/**
 * Returns a function that encodes and scores pairs. A document that is read in windows has the
 * score of its best window, the first of equal ones. Equal documents of a request, and pairs in the
 * cache, are neither read nor scored again. Requests that the scheduler has surely no space for are
 * refused before their texts are encoded. It rejects with `invalid_argument` before any inference if
 * a pair is too long and `truncate` is false, and names the document where one does not fit into
 * memory.
 */
export function createPairScorer(options: PairScorerOptions): ScorePairs {
  const { tokenizer, scheduler, clock, maxLength, cache } = options;
  const { maxWindowTokens = defaultMaxWindowTokens } = options;
  const estimate = createTokenEstimate(maxLength, tokenizer.templateTokens);

  /** Longest pair of a request in tokens. */
  function pairLimitOf({ maxTokensPerPair = maxLength }: RerankRequest): number {
    return Math.min(maxLength, maxTokensPerPair);
  }

  /** Tells the pairs whose scores are known from those that are to be read. */
  function plan(request: RerankRequest): Plan {
    const { query, documents } = request;
    const reading = readingOf(request);
    const known = new Map<string, PairScore>();
    const unknown = new Set<string>();
    for (const document of documents) {
      const score = cache?.get({ query, document, reading });
      if (score) known.set(document, score);
      else unknown.add(document);
    }
    return { request, reading, known, texts: [...unknown] };
  }

  function leastTokens({ request, texts }: Plan): number {
    const { query, maxTokensPerQuery, maxTokensPerDocument = maxLength } = request;
    return estimate.leastTokens({
      query: maxTokensPerQuery === undefined ? query : "",
      documents: texts,
      maxTokensPerDocument: Math.min(maxTokensPerDocument, pairLimitOf(request)),
    });
  }

  async function read({ request, texts, known }: Plan, signal: AbortSignal): Promise<ReadRequest> {
    const { query } = request;
    const pairLimit = pairLimitOf(request);
    const limits = { tokenizer, maxLength: pairLimit, maxWindowTokens };
    // What is known needs no tokenizer, which may be busy or down.
    const readings = texts.length > 0 ? await readDocuments(limits, request, texts, signal) : [];
    const encodings = readings.flatMap((document) => document.encodings);
    const totalTokens = encodings.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
    if (request.longDocuments !== "windows") {
      const characters = texts.reduce((sum, text) => sum + query.length + text.length, 0);
      estimate.learn({ pairs: texts.length, characters, tokens: totalTokens });
    }
    if (request.truncate === false) {
      const cuts = new Map<string, Cut | undefined>(known);
      for (const [i, text] of texts.entries()) cuts.set(text, readings[i]?.encodings[0]);
      checkNothingTooLong(request, cuts, pairLimit);
    }
    return { readings, encodings, totalTokens };
  }

  /** Keeps the new scores of a request, and returns those of all its pairs. */
  function finish(
    { request, reading, known, texts }: Plan,
    { readings, totalTokens }: ReadRequest,
    logits: Float32Array,
  ): ScoredRequest {
    const { query, documents } = request;
    let scored = 0;
    for (const [i, document] of texts.entries()) {
      const own = readings[i] as DocumentReading;
      const ownLogits = logits.subarray(scored, scored + own.encodings.length);
      scored += own.encodings.length;
      const score = scoreOf(document, own, ownLogits);
      known.set(document, score);
      cache?.set({ query, document, reading }, score);
    }
    return { pairs: documents.map((document) => known.get(document) as PairScore), totalTokens };
  }

  return async (requests, { signal, timeoutMs, observer }) => {
    const startedMs = clock.nowMs();
    const plans = requests.map(plan);
    const documents = sumOf(plans, ({ texts }) => texts.length);
    if (documents > 0) scheduler.checkCapacity(sumOf(plans, leastTokens), timeoutMs);
    const reads = await mapTogether(plans, maxReadTogether, (each, position) =>
      read(each, signal).catch((error: unknown) => {
        throw errorAt(position, error);
      }),
    );
    const endedMs = clock.nowMs();
    const tokenizationMs = endedMs - startedMs;
    observer?.tokenized({
      startedMs,
      endedMs,
      documents,
      cached: sumOf(plans, ({ known }) => known.size),
      tokens: sumOf(reads, ({ totalTokens }) => totalTokens),
    });

    const encodings = reads.flatMap((each) => each.encodings);
    const { logits, queueMs, inferenceMs } = await scheduler
      .score(encodings, {
        signal,
        timeoutMs: timeoutMs === undefined ? undefined : timeoutMs - tokenizationMs,
        grantedMs: timeoutMs,
        observer,
      })
      .catch((error: unknown) => {
        throw errorOfPair(error, plans, reads);
      });
    let scored = 0;
    const rankings = plans.map((each, position) => {
      const own = reads[position] as ReadRequest;
      const ownLogits = logits.subarray(scored, scored + own.encodings.length);
      scored += own.encodings.length;
      return finish(each, own, ownLogits);
    });
    return { rankings, tokenizationMs, queueMs, inferenceMs };
  };
}

/** What of a request is to be done. */
interface Plan {
  readonly request: RerankRequest;
  /** How its texts are read, for the cache. */
  readonly reading: string;
  readonly known: Map<string, PairScore>;
  /** The documents that are to be read, each once. */
  readonly texts: readonly string[];
}

/** The texts of a request's plan as the model reads them. */
interface ReadRequest {
  readonly readings: readonly DocumentReading[];
  /** Those of all readings. */
  readonly encodings: readonly Encoding[];
  readonly totalTokens: number;
}

/**
 * Returns the error of a pair that does not fit into memory with the request and the document that
 * it is of; any other error as it is.
 */
function errorOfPair(
  error: unknown,
  plans: readonly Plan[],
  reads: readonly ReadRequest[],
): unknown {
  if (!(error instanceof RerankError) || error.position === undefined) return error;
  let before = 0;
  for (const [position, { readings }] of reads.entries()) {
    for (const [i, { encodings }] of readings.entries()) {
      const pair = encodings[error.position - before];
      before += encodings.length;
      if (pair === undefined) continue;
      const { request, texts } = plans[position] as Plan;
      const field = `documents[${request.documents.indexOf(texts[i] ?? "")}]`;
      const message = `\`${field}\` does not fit into memory with its ${pair.inputIds.length} tokens`;
      return new RerankError(error.code, message, { field, position, cause: error });
    }
  }
  return error;
}

function sumOf<Item>(items: readonly Item[], countOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + countOf(item), 0);
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
    `${what} is longer than ${maxLength} tokens, and \`truncate\` does not let it be cut`,
    { field, limit: maxLength },
  );
}
