import type {
  EncodeOptions,
  Encoding,
  TextSpan,
  Tokenizer,
  WindowOptions,
} from "../tokenizer/tokenizer.ts";
import type { RerankRequest } from "./rerank-request.ts";

/** Document tokens that a window shares with the one before it: as many as Jina's reference. */
export const windowOverlapTokens = 80;

/** Limits on reading documents. */
export interface ReadingLimits {
  readonly tokenizer: Tokenizer;
  /** Longest pair of the request in tokens. */
  readonly maxLength: number;
  /** Most tokens of one request's windows together. */
  readonly maxWindowTokens: number;
}

/** A document in the form in which the model reads it. */
export interface DocumentReading {
  /** The pairs that the model scores: one, or one for each window. */
  readonly encodings: readonly Encoding[];
  /** The part of the document that each of them reads. Only where windows were asked for. */
  readonly spans?: readonly TextSpan[] | undefined;
}

/** Encodes the query with each document as the request asks for it. */
export async function readDocuments(
  { tokenizer, maxLength, maxWindowTokens }: ReadingLimits,
  request: RerankRequest,
  documents: readonly string[],
  signal: AbortSignal,
): Promise<DocumentReading[]> {
  const { query, longDocuments, truncationDirection } = request;
  const options: EncodeOptions = {
    maxLength,
    signal,
    truncationDirection,
    maxDocumentTokens: request.maxTokensPerDocument,
    maxQueryTokens: request.maxTokensPerQuery,
    instruction: request.instruction,
  };
  if (longDocuments === "windows") {
    const overlapTokens = windowOverlapTokens;
    const windows: WindowOptions = { ...options, overlapTokens, maxWindowTokens };
    return await tokenizer.encodeWindows(query, documents, windows);
  }
  const encodings = await tokenizer.encodePairs(query, documents, options);
  return encodings.map((encoding) => ({ encodings: [encoding] }));
}

/**
 * Returns a word for how a request has its texts read, for the key of a score: requests with equal
 * words give a pair the same score. It has no `:`.
 */
export function readingOf(request: RerankRequest): string {
  const { longDocuments = "truncate", truncationDirection = "" } = request;
  const { maxTokensPerDocument = "", maxTokensPerQuery = "", maxTokensPerPair = "" } = request;
  const limits = `${maxTokensPerDocument},${maxTokensPerQuery},${maxTokensPerPair}`;
  const instruction = Buffer.from(request.instruction ?? "").toString("base64url");
  return `${longDocuments},${truncationDirection},${limits},${instruction}`;
}
