import type { ScoreObserver } from "../scheduler/observation.ts";

/**
 * A ranking request, into which every protocol translates its own. Not checked yet: the reranker
 * checks it, the same way for all.
 */
export interface RerankRequest {
  readonly query: string;
  readonly documents: readonly string[];
  /** The most results to return; undefined, null or 0 means all. */
  readonly topN?: number | null | undefined;
  /** The name of a model; undefined, null or "" means the one that is served. */
  readonly model?: string | null | undefined;
  /** Whether scores are logits. Default: false, what the server's activation makes of them. */
  readonly rawScores?: boolean | undefined;
  /** What the model is told to look for. Only models whose template has a place for it take one. */
  readonly instruction?: string | undefined;
  /**
   * The habit of the protocol where the server's activation is `auto`: `model` applies what the
   * model's authors apply. Default: sigmoid.
   */
  readonly scoreHabit?: "model" | undefined;
  /** Whether over-long pairs are cut. Default: true; with false they are `invalid_argument`. */
  readonly truncate?: boolean | undefined;
  /**
   * How a document that does not fit beside the query is read: `truncate` (the default) reads what
   * fits, `windows` reads all of it in windows that overlap and takes the best one's score.
   */
  readonly longDocuments?: "truncate" | "windows" | undefined;
  /** The end at which texts lose tokens where they are cut. Default: `right`. */
  readonly truncationDirection?: "left" | "right" | undefined;
  /** The most tokens of a document that are read, 1 or more. Default: as many as fit. */
  readonly maxTokensPerDocument?: number | undefined;
  /** The most tokens of the query that are read, 1 or more. Default: as many as fit. */
  readonly maxTokensPerQuery?: number | undefined;
  /**
   * The most tokens of a pair, special tokens included, 8 or more; pairs are cut to the model's
   * longest one in any case. Default: that.
   */
  readonly maxTokensPerPair?: number | undefined;
  /**
   * The least `relevanceScore` of a result, on the scale that `rawScores` asks for; documents below
   * it are left out. A finite number. Default: none is left out.
   */
  readonly scoreThreshold?: number | undefined;
}

/** A half-open range of a text, in Unicode code points. */
export interface Passage {
  /** Position of the first character, from 0. */
  readonly start: number;
  /** Position after the last character. */
  readonly end: number;
}

/** One document of a ranking. */
export interface RankedDocument {
  /** Position in `RerankRequest.documents`, from 0. */
  readonly index: number;
  /**
   * What the activation makes of the logit, sigmoid unless the server says otherwise, or the logit
   * with `rawScores`; a float32 value, so every protocol prints the same number.
   */
  readonly relevanceScore: number;
  /** Whether the document was cut to fit. False for one that was read in windows to its end. */
  readonly truncated: boolean;
  /** The part of the document that scored best. Only with `longDocuments: "windows"`. */
  readonly passage?: Passage | undefined;
}

/** The ranking of one request. */
export interface RerankResult {
  /** The model that scored. */
  readonly model: string;
  /** Documents from most to least relevant. */
  readonly results: readonly RankedDocument[];
  /** Tokens the model read, special tokens included, padding not. */
  readonly totalTokens: number;
  /** Whether the query was cut in at least one pair. */
  readonly queryTruncated: boolean;
  readonly timings: Timings;
}

/** Where the time of a request went, in milliseconds; of requests ranked together, that of all. */
export interface Timings {
  /** Turning texts into tokens. */
  readonly tokenizationMs: number;
  /** Waiting while the model worked for others. */
  readonly queueMs: number;
  /** The model's work on batches with documents of the request. */
  readonly inferenceMs: number;
  /** All of it, checks and ranking included. */
  readonly totalMs: number;
}

/** Who waits for a ranking, and how long. */
export interface RerankCall {
  /** Aborts when the caller no longer waits. */
  readonly signal: AbortSignal;
  /**
   * Milliseconds until the caller gives up; undefined if it did not say. The signal aborts by then.
   */
  readonly timeoutMs?: number | undefined;
  /** Observes the stages of the ranking. */
  readonly observer?: RerankObserver | undefined;
}

/** Orders documents by relevance. What the protocols call; it does no I/O itself. */
export interface Reranker {
  /**
   * Rejects with a RerankError whose message names the field at fault. If the signal aborts, queued
   * work is dropped and the promise rejects with the error of `errorFromAbort`.
   */
  rerank(request: RerankRequest, call: RerankCall): Promise<RerankResult>;
  /**
   * Ranks several requests as one: all of them are taken or none is, and if one fails, all do. The
   * rankings come in the order of the requests. Rejects as `rerank` does, with the `position` of the
   * request at fault where it is one.
   */
  rerankTogether(requests: readonly RerankRequest[], call: RerankCall): Promise<RerankResult[]>;
}

/** Limits of a request. Configuration, not part of the contract. */
export interface RequestLimits {
  /** Most documents in one request. */
  readonly maxDocuments: number;
  /** Most UTF-16 units in one document. */
  readonly maxDocumentChars: number;
  /** Most UTF-16 units in the query. */
  readonly maxQueryChars: number;
}

/** How the texts of one request became tokens. */
export interface TokenizedStage {
  /** When it began, in milliseconds of the reranker's clock. */
  readonly startedMs: number;
  /** When the last text was done. */
  readonly endedMs: number;
  /** Different documents that were tokenized. */
  readonly documents: number;
  /** Different documents whose scores were known already. */
  readonly cached: number;
  /** Tokens of all pairs that the model is to read. */
  readonly tokens: number;
}

/** Observes the stages of one request, each when it ended. Must not throw. */
export interface RerankObserver extends ScoreObserver {
  /** Called once the texts are tokens; not for a request that failed before. */
  tokenized(stage: TokenizedStage): void;
}
