import type { PairTemplate } from "./file/pair-template.ts";
import type { TruncationDirection } from "./tokenizer.ts";

/** Numbers of tokens of the two texts of a pair. */
export interface PairLengths {
  readonly queryTokens: number;
  readonly documentTokens: number;
}

/** How many tokens of each text fit into a pair. */
export interface PairFit {
  readonly kept: PairLengths;
  /** Tokens of both texts together that fit. */
  readonly budgetTokens: number;
}

/**
 * Returns how many tokens of query and document to keep of a pair of at most `maxLength` tokens, as
 * its template cuts: the longer text first, or the document. `headTokens` of the document are kept
 * in any case and do not count.
 */
export function fitPair(
  template: PairTemplate,
  lengths: PairLengths,
  headTokens: number,
  maxLength: number,
): PairFit {
  const budgetTokens = Math.max(0, maxLength - template.specialTokenCount - headTokens);
  const kept = template.documentFirst
    ? truncateDocumentFirst(lengths, budgetTokens, mostQueryTokens(template, maxLength))
    : truncateLongestFirst(lengths, budgetTokens);
  return { kept, budgetTokens };
}

/**
 * Returns how many tokens of each text to keep so that together they are at most
 * `budgetTokens`, a whole number of 0 or more: the pair's maximum length less its special tokens.
 *
 * This is `longest_first` as the Rust and Python `tokenizers` compute it: the longer text gives up
 * tokens until both are equally long, then both do. Of an odd budget split in halves, the longer
 * text gets the extra token, and of two equally long ones the document.
 */
export function truncateLongestFirst(lengths: PairLengths, budgetTokens: number): PairLengths {
  const { queryTokens, documentTokens } = lengths;
  if (queryTokens + documentTokens <= budgetTokens) return lengths;

  const shorter = Math.min(queryTokens, documentTokens, Math.floor(budgetTokens / 2));
  const longer = budgetTokens - shorter;
  return queryTokens <= documentTokens
    ? { queryTokens: shorter, documentTokens: longer }
    : { queryTokens: longer, documentTokens: shorter };
}

/**
 * Returns how many tokens of each text to keep where the document is cut first: all of the query, up
 * to `maxQueryTokens`, and what is left for the document.
 */
export function truncateDocumentFirst(
  { queryTokens, documentTokens }: PairLengths,
  budgetTokens: number,
  maxQueryTokens: number,
): PairLengths {
  const kept = Math.min(queryTokens, maxQueryTokens, budgetTokens);
  return { queryTokens: kept, documentTokens: Math.min(documentTokens, budgetTokens - kept) };
}

/** Returns the most tokens that a query's text may take. */
export function mostQueryTokens(template: PairTemplate, maxLength: number): number {
  const { queryShare = 1, unsharedTokens = 0 } = template;
  return Math.floor(Math.max(0, maxLength - unsharedTokens) * queryShare);
}

/** Returns the `count` tokens that are left of a text which loses tokens at one end. */
export function keepTokens(
  ids: Int32Array,
  count: number,
  direction: TruncationDirection,
): Int32Array {
  if (count >= ids.length) return ids;
  return direction === "left" ? ids.subarray(ids.length - count) : ids.subarray(0, count);
}

/** Returns the `count` tokens of a query to keep; the end that its template adds is among them. */
export function keepQuery(
  { queryTailTokens = 0 }: PairTemplate,
  query: Int32Array,
  count: number,
  direction: TruncationDirection,
): Int32Array {
  if (count >= query.length || queryTailTokens === 0 || direction === "left") {
    return keepTokens(query, count, direction);
  }
  const tail = query.subarray(query.length - Math.min(queryTailTokens, count));
  const kept = new Int32Array(count);
  kept.set(query.subarray(0, count - tail.length));
  kept.set(tail, count - tail.length);
  return kept;
}

/** Returns how many tokens at the start of a document's text are the template's. */
export function headTokensOf({ documentHead }: PairTemplate, document: Int32Array): number {
  if (documentHead === undefined || documentHead.length > document.length) return 0;
  return documentHead.every((id, at) => document[at] === id) ? documentHead.length : 0;
}

/** Returns the head of a document's text followed by a part of the rest. */
export function joinHead(document: Int32Array, headTokens: number, part: Int32Array): Int32Array {
  if (headTokens === 0) return part;
  // Nothing was cut between the two where the part begins right after the head.
  if (part.byteOffset === document.byteOffset + headTokens * Int32Array.BYTES_PER_ELEMENT) {
    return document.subarray(0, headTokens + part.length);
  }
  const joined = new Int32Array(headTokens + part.length);
  joined.set(document.subarray(0, headTokens));
  joined.set(part, headTokens);
  return joined;
}
