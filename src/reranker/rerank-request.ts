/** A request as every protocol translates it. Not checked yet: the reranker checks it, the same way for all. */
export interface RerankRequest {
  readonly query: string;
  readonly documents: readonly string[];
  /** The most results to return; undefined, null or 0 means all. */
  readonly topN?: number | null | undefined;
  /** The name of a model; undefined, null or "" means the one that is served. */
  readonly model?: string | null | undefined;
  /** Whether scores are logits. Default: false, sigmoid. */
  readonly rawScores?: boolean | undefined;
  /** Whether over-long pairs are cut. Default: true; with false they are `invalid_argument`. */
  readonly truncate?: boolean | undefined;
}

/** One document of a ranking. */
export interface RankedDocument {
  /** Position in `RerankRequest.documents`, from 0. */
  readonly index: number;
  /** sigmoid(logit), or the logit with `rawScores`; a float32 value, so every protocol prints the same number. */
  readonly relevanceScore: number;
  /** Whether the document was cut to fit. */
  readonly truncated: boolean;
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
}

/** Orders documents by relevance. What the protocols call; it does no I/O itself. */
export interface Reranker {
  /**
   * Rejects with a RerankError whose message names the field at fault. If `signal` aborts, queued work is dropped and the
   * promise rejects with the error of `errorFromAbort(signal)`.
   */
  rerank(request: RerankRequest, signal: AbortSignal): Promise<RerankResult>;
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
