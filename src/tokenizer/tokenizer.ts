/** One (query, document) pair as the model reads it. */
export interface Encoding {
  /** Token ids with special tokens, not padded. */
  readonly inputIds: Int32Array<ArrayBuffer>;
  /** Segment ids, same length: 0 query, 1 document, as the pair template says. */
  readonly typeIds: Uint8Array<ArrayBuffer>;
  /** Tokens before the document's, which all pairs of one query begin with. Default: 0. */
  readonly prefixTokens?: number;
  /** Whether the query lost tokens, to fit or to `maxQueryTokens`. */
  readonly queryTruncated: boolean;
  /** Whether the document lost tokens, to fit or to `maxDocumentTokens`. */
  readonly documentTruncated: boolean;
  /** Whether a text lost tokens because the pair was longer than `maxLength`. */
  readonly tooLong: boolean;
}

/** The end at which a text loses tokens. */
export type TruncationDirection = "left" | "right";

/** How to encode the pairs of one request. */
export interface EncodeOptions {
  /** The most tokens of a pair, special tokens included. */
  readonly maxLength: number;
  /** Stops the work between texts; the promise rejects with the RerankError of `errorFromAbort`. */
  readonly signal?: AbortSignal;
  /** The end at which texts lose tokens. Default: as the model's tokenizer says, mostly `right`. */
  readonly truncationDirection?: TruncationDirection | undefined;
  /**
   * The most tokens of a document that are read, 1 or more; words of a template do not count.
   * Default: as many as fit.
   */
  readonly maxDocumentTokens?: number | undefined;
  /**
   * The most tokens of the query that are read, 1 or more; words of a template do not count.
   * Default: as many as fit.
   */
  readonly maxQueryTokens?: number | undefined;
  /** What the model is told to look for. Default: as its template says. */
  readonly instruction?: string | undefined;
}

/** How to encode the pairs of one request in windows. */
export interface WindowOptions extends EncodeOptions {
  /** Document tokens that a window shares with the one before it; fewer where windows are short. */
  readonly overlapTokens: number;
  /** The most tokens of all windows together, special tokens included. */
  readonly maxWindowTokens: number;
}

/** A part of a text, in Unicode code points; `end` is exclusive and may be past the text. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** A document as the model reads it in windows. */
export interface WindowedDocument {
  /** One pair for each window, from the start of the document to its end; at least one. */
  readonly encodings: readonly Encoding[];
  /** The part of the document that each window reads, white space around it included. */
  readonly spans: readonly TextSpan[];
}

/** Turns text into token ids off the main thread. */
export interface Tokenizer {
  /** The id that fills a row after its last token. */
  readonly padId: number;
  /**
   * Tokens of a pair that are of neither text: special tokens, and the words of a template with its
   * own instruction. Default: 4, as many as most models have.
   */
  readonly templateTokens?: number | undefined;
  /** Whether the model takes an instruction. Default: false. */
  readonly takesInstruction?: boolean | undefined;
  /**
   * Encodes the query with each document, in order. Pairs longer than `maxLength` are cut
   * `longest_first`, as Python's `tokenizers` cuts them.
   */
  encodePairs(
    query: string,
    documents: readonly string[],
    options: EncodeOptions,
  ): Promise<Encoding[]>;
  /**
   * Encodes the query with each document, in order. A document that `encodePairs` would read whole
   * is one window, the same pair; one that it would cut to `maxLength` is read in windows that
   * overlap. Rejects with RerankError `invalid_argument` if the windows of all documents together
   * are longer than `maxWindowTokens`.
   */
  encodeWindows(
    query: string,
    documents: readonly string[],
    options: WindowOptions,
  ): Promise<WindowedDocument[]>;
}
