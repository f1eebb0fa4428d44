import type { PairTemplate } from "./file/pair-template.ts";
import type { TruncationDirection } from "./tokenizer.ts";
import {
  keepTokens,
  type PairLengths,
  truncateDocumentFirst,
  truncateLongestFirst,
} from "./truncate.ts";

/** How many tokens of each text there is room for. */
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

/** Returns the most tokens that a query's text may take. */
export function mostQueryTokens(template: PairTemplate, maxLength: number): number {
  const { queryShare = 1, unsharedTokens = 0 } = template;
  return Math.floor(Math.max(0, maxLength - unsharedTokens) * queryShare);
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
