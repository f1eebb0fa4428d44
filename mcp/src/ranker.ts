/** A ranking request of a tool. */
export interface RankRequest {
  readonly query: string;
  readonly documents: readonly string[];
  /** Most results. Default: all. */
  readonly topN?: number | undefined;
  /** Least score of a result. Default: any. */
  readonly scoreThreshold?: number | undefined;
  /** Whether to cut long documents, or to read them in windows to their end. */
  readonly longDocuments?: "truncate" | "windows" | undefined;
}

/** Options of a call. */
export interface RankCall {
  readonly signal: AbortSignal;
}

/** An answer. */
export interface Ranked {
  readonly model: string;
  /** From most to least relevant. */
  readonly results: readonly {
    /** Position in the documents, from 0. */
    readonly index: number;
    readonly relevanceScore: number;
    readonly truncated: boolean;
    /** The part that scored best, in Unicode code points; only with windows. */
    readonly passage?: { readonly start: number; readonly end: number } | undefined;
  }[];
}

/** Whoever ranks for the tools. */
export interface Ranker {
  rerank(request: RankRequest, call: RankCall): Promise<Ranked>;
}
