import { CallFault, type RerankAnswer } from "./call-server.ts";
import { type RerankBody, requestOf, type Settings } from "./settings.ts";

/** One ranked candidate. */
export interface Ranked {
  /** Its position in the input, from 0. */
  readonly index: number;
  readonly score: number;
  readonly truncated: boolean;
  /** The window that won, in Unicode code points. */
  readonly passage: { readonly start: number; readonly end: number } | undefined;
}

/** A ranking, which grows while its parts are answered. */
export interface Ranking {
  readonly model: string;
  /** From most to least relevant, at most as many as were asked for. */
  readonly results: readonly Ranked[];
  /** Candidates that were scored so far. */
  readonly done: number;
  readonly total: number;
  readonly tokens: number;
  readonly queryTruncated: boolean;
  /** Milliseconds inside the server, summed over the parts. */
  readonly timings: { readonly tokenize: number; readonly queue: number; readonly model: number };
  /** Milliseconds as the page measured them. */
  readonly wallMs: number;
  readonly requests: number;
}

/** The inputs of a ranking, and its callbacks. */
export interface RankOptions {
  readonly query: string;
  readonly documents: readonly string[];
  readonly settings: Settings;
  /** Asks the server; rejects with a CallFault. */
  readonly call: (body: RerankBody) => Promise<RerankAnswer>;
  /** Called with the ranking each time that a part was answered. */
  readonly onPart: (ranking: Ranking) => void;
  readonly nowMs: () => number;
}

/** Up to here one request is sent, the one that can be copied. */
const maxWhole = 32;

const firstPart = 16;
const largestPart = 256;

/** Most UTF-16 units of one part, beside its first document. */
const maxPartChars = 500_000;

/** Returns where the parts begin and end: small ones first, so that something is seen at once. */
export function partsOf(documents: readonly string[]): (readonly [number, number])[] {
  if (documents.length <= maxWhole) return [[0, documents.length]];
  const parts: (readonly [number, number])[] = [];
  let size = firstPart;
  for (let start = 0; start < documents.length; ) {
    let end = start;
    let chars = 0;
    while (end < Math.min(start + size, documents.length)) {
      chars += documents[end]?.length ?? 0;
      if (end > start && chars > maxPartChars) break;
      end += 1;
    }
    parts.push([start, end]);
    start = end;
    size = Math.min(size * 2, largestPart);
  }
  return parts;
}

/**
 * Ranks documents, many of them in several requests one after the other: a document's score does not
 * depend on what it is scored with. Parts are asked for logits, by which the server orders: scores
 * near 1 are equal as float32. Rejects with a CallFault that names places in the whole list.
 */
export async function rank(options: RankOptions): Promise<Ranking> {
  const { query, documents, settings, call, onPart, nowMs } = options;
  const startedMs = nowMs();
  const parts = partsOf(documents);
  const isWhole = parts.length === 1;
  const asked = isWhole ? settings : { ...settings, rawScores: true };
  let merged: readonly Ranked[] = [];
  let ranking: Ranking = {
    model: "",
    results: [],
    done: 0,
    total: documents.length,
    tokens: 0,
    queryTruncated: false,
    timings: { tokenize: 0, queue: 0, model: 0 },
    wallMs: 0,
    requests: 0,
  };
  for (const [start, end] of parts) {
    const body = requestOf(query, documents.slice(start, end), asked);
    const answer = await call(body).catch((error: unknown) => {
      throw movedFault(error, start);
    });
    const results = answer.results.map((result) => rankedOf(result, start));
    merged = isWhole ? results : merge(merged, results, settings.topN);
    const { timings } = answer;
    const before = ranking.timings;
    ranking = {
      ...ranking,
      model: answer.model,
      results: isWhole || settings.rawScores ? merged : merged.map(activated),
      done: end,
      tokens: ranking.tokens + answer.usage.total_tokens,
      queryTruncated: ranking.queryTruncated || answer.query_truncated === true,
      timings: {
        tokenize: before.tokenize + (timings?.tokenization_ms ?? 0),
        queue: before.queue + (timings?.queue_ms ?? 0),
        model: before.model + (timings?.inference_ms ?? 0),
      },
      wallMs: nowMs() - startedMs,
      requests: ranking.requests + 1,
    };
    onPart(ranking);
  }
  return ranking;
}

function rankedOf(result: RerankAnswer["results"][number], start: number): Ranked {
  return {
    index: start + result.index,
    score: result.relevance_score,
    truncated: result.truncated === true,
    passage: result.passage,
  };
}

/** `topN` of 0 stands for all, as on the wire. */
function merge(a: readonly Ranked[], b: readonly Ranked[], topN: number | undefined): Ranked[] {
  const all = [...a, ...b].sort((x, y) => y.score - x.score || x.index - y.index);
  return topN ? all.slice(0, topN) : all;
}

/** A logit's score as the server computes it: the sigmoid, as a float32. */
function activated(ranked: Ranked): Ranked {
  return { ...ranked, score: Math.fround(1 / (1 + Math.exp(-ranked.score))) };
}

/** Renumbers the documents in a part's error to positions in the whole list. */
function movedFault(error: unknown, start: number): unknown {
  if (!(error instanceof CallFault) || start === 0) return error;
  const message = error.message.replaceAll(
    /documents\[(\d+)\]/g,
    (_match, index: string) => `documents[${start + Number(index)}]`,
  );
  return new CallFault(error.kind, message, error.status, error.retryAfter);
}
