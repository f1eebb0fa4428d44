/** The settings of one ranking. */
export interface Settings {
  /** Most results; undefined: all. */
  readonly topN: number | undefined;
  readonly rawScores: boolean;
  readonly truncationDirection: "right" | "left";
  readonly longDocuments: "truncate" | "windows";
  /** One of the served names; undefined: the model that is served. */
  readonly model: string | undefined;
}

/** What a request has where it says nothing. */
export const defaultSettings: Settings = {
  topN: undefined,
  rawScores: false,
  truncationDirection: "right",
  longDocuments: "truncate",
  model: undefined,
};

/** The body of `POST /rerank`. */
export interface RerankBody {
  readonly query: string;
  readonly documents: readonly string[];
  readonly model?: string;
  readonly top_n?: number;
  readonly raw_scores?: true;
  readonly truncation_direction?: "left";
  readonly long_documents?: "windows";
}

/** Returns the request for these settings; what is as by default is left out. */
export function requestOf(
  query: string,
  documents: readonly string[],
  settings: Settings,
): RerankBody {
  const { topN, rawScores, truncationDirection, longDocuments, model } = settings;
  return {
    query,
    documents,
    ...(model !== undefined && { model }),
    ...(topN !== undefined && { top_n: topN }),
    ...(rawScores && { raw_scores: true as const }),
    ...(truncationDirection === "left" && { truncation_direction: "left" as const }),
    ...(longDocuments === "windows" && { long_documents: "windows" as const }),
  };
}
