import type { TruncationDirection } from "./tokenizer.ts";

/** How many tokens of each text of a pair. */
export interface PairLengths {
  readonly queryTokens: number;
  readonly documentTokens: number;
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

/** Returns the `count` tokens that are left of a text which loses tokens at one end. */
export function keepTokens(
  ids: Int32Array,
  count: number,
  direction: TruncationDirection,
): Int32Array {
  if (count >= ids.length) return ids;
  return direction === "left" ? ids.subarray(ids.length - count) : ids.subarray(0, count);
}
