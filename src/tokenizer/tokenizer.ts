/** One (query, document) pair as the model reads it. */
export interface Encoding {
  /** Token ids with special tokens, not padded. */
  readonly inputIds: Int32Array<ArrayBuffer>;
  /** Segment ids, same length: 0 query, 1 document, as the pair template says. */
  readonly typeIds: Uint8Array<ArrayBuffer>;
  /** Whether the query lost tokens to fit. */
  readonly queryTruncated: boolean;
  /** Whether the document lost tokens to fit. */
  readonly documentTruncated: boolean;
}

/** How to encode the pairs of one request. */
export interface EncodeOptions {
  /** The most tokens of a pair, special tokens included. */
  readonly maxLength: number;
  /** Stops the work between texts; the promise rejects with the RerankError of `errorFromAbort`. */
  readonly signal?: AbortSignal;
}

/** Turns text into token ids off the main thread. */
export interface Tokenizer {
  /** The id that fills a row after its last token. */
  readonly padId: number;
  /**
   * Encodes the query with each document, in order. Pairs longer than `maxLength` are cut
   * `longest_first`, as Python's `tokenizers` cuts them.
   */
  encodePairs(
    query: string,
    documents: readonly string[],
    options: EncodeOptions,
  ): Promise<Encoding[]>;
}
