import type { RerankClientError } from "./client-error.ts";

/** A request to order documents by relevance to a query. */
export interface RerankRequest {
  /** The search text, at least one character. */
  readonly query: string;
  /** The candidates; `RerankResult.index` refers to positions in this list. May be empty. */
  readonly documents: readonly string[];
  /** The most results to return, a whole number of 0 or more. Default, and for 0: all. */
  readonly topN?: number | undefined;
  /** The model to ask for. Default: the client's `model`, else the one that is served. */
  readonly model?: string | undefined;
  /** Whether each result carries its document's text. Default: false. */
  readonly returnDocuments?: boolean | undefined;
  /** Whether scores are logits instead of 0 to 1. Default: false. */
  readonly rawScores?: boolean | undefined;
  /** Whether what is too long for the model is cut; false makes it an error. Default: true. */
  readonly truncate?: boolean | undefined;
  /**
   * What happens to documents that do not fit beside the query: they are cut, or read to their end
   * in windows that overlap, of which the best counts. Default: `truncate`.
   */
  readonly longDocuments?: "truncate" | "windows" | undefined;
  /** The end at which texts that are too long lose tokens. Default: `right`. */
  readonly truncationDirection?: "left" | "right" | undefined;
  /** The most tokens of each document that are read, 1 or more. Default: all that fit. */
  readonly maxTokensPerDoc?: number | undefined;
  /** Leaves out what scores less, on the scale of the scores returned. Default: nothing. */
  readonly scoreThreshold?: number | undefined;
  /** What the model is told to look for; refused by models that take no instruction. */
  readonly instruction?: string | undefined;
  /** Whether the response says where the time went. Default: false. */
  readonly returnTimings?: boolean | undefined;
}

/** One ranked document. */
export interface RerankResult {
  /** The document's position in the request, from 0. */
  readonly index: number;
  /** From 0 to 1, or any real number where `rawScores` was set. */
  readonly relevanceScore: number;
  /** The document's text, where `returnDocuments` was set. */
  readonly document?: string | undefined;
  /** Whether the document was cut to fit the model. */
  readonly truncated: boolean;
  /** The window that won, where `longDocuments` was `windows`. */
  readonly passage?: RerankPassage | undefined;
}

/** A part of a document. */
export interface RerankPassage {
  /** The position of its first character in the document, in Unicode code points. */
  readonly start: number;
  /** The position after its last character, in Unicode code points. */
  readonly end: number;
  /** Its text, where `returnDocuments` was set. */
  readonly text?: string | undefined;
}

/** Where the time of a request went inside the server, in milliseconds. */
export interface RerankTimings {
  readonly tokenizationMs: number;
  readonly queueMs: number;
  readonly inferenceMs: number;
  readonly totalMs: number;
}

/** The ranking of one request. */
export interface RerankResponse {
  /** The model that scored. */
  readonly model: string;
  /** The documents from most to least relevant. */
  readonly results: readonly RerankResult[];
  /** Tokens that the model read. */
  readonly totalTokens: number;
  /** Whether the query was cut in at least one pair. */
  readonly queryTruncated: boolean;
  /** Present where `returnTimings` was set. */
  readonly timings?: RerankTimings | undefined;
}

/** One request of a stream. */
export interface RerankStreamRequest {
  /** Echoed in the answer; differs from the id of every other request in flight on the stream. */
  readonly id: string;
  readonly request: RerankRequest;
  /** How long this request may take from its arrival, in milliseconds. Default: as the stream. */
  readonly timeoutMs?: number | undefined;
}

/** The one answer to one request of a stream: a ranking, or why there is none. */
export type RerankStreamAnswer =
  | { readonly id: string; readonly response: RerankResponse; readonly error?: undefined }
  | { readonly id: string; readonly response?: undefined; readonly error: RerankClientError };

/** What a server says of a model, and of itself. */
interface Health {
  /**
   * `ok`, `degraded` (slower than it should be), `starting`, `restarting` or `draining`; requests are
   * answered in the first two.
   */
  readonly status: string;
  /** `cpu`, `cuda` or `webgpu`; empty until the model is loaded. */
  readonly device: string;
  /** How many workers run the model side by side; 0 until it is loaded. */
  readonly workers: number;
  /** Threads of each worker on a CPU; 0 until the model is loaded. */
  readonly threads: number;
  readonly dtype: string;
  /** The longest pair that the model reads, in tokens. */
  readonly maxLength: number;
  /** What becomes of a logit: `sigmoid`, `tanh` or `identity`; empty if the server does not say. */
  readonly activation: string;
  /** Why `status` is not `ok`; empty when it is. */
  readonly reason: string;
}

/** The health of one model, whatever the others of its server do. */
export interface ModelHealth extends Health {
  /** The model's own name, which responses have. */
  readonly name: string;
  /** The other names that requests may ask for. */
  readonly aliases: readonly string[];
}

/** The health of a server, with the device, the type and the limits of its first model. */
export interface ServerHealth extends Health {
  /** The name of the first model. */
  readonly model: string;
  readonly version: string;
  /** Each model, in the order of the server's settings; empty if the server does not say. */
  readonly models: readonly ModelHealth[];
}

/** Options of one call. */
export interface CallOptions {
  /**
   * How long the call may take, in milliseconds; `Infinity` for no deadline. Default: the client's
   * `timeoutMs`; a stream has no deadline unless it is given here.
   */
  readonly timeoutMs?: number | undefined;
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
