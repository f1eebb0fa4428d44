import type { TruncationDirection } from "../tokenizer.ts";
import { truncateDocumentFirst, truncateLongestFirst } from "../truncate-pair.ts";

/**
 * Most query tokens beside a window: what Jina's reference gives the query of a document that it
 * reads in windows.
 */
export const maxWindowQueryTokens = 512;

/** What decides the windows of every document of a request. */
export interface WindowPlan {
  /** Tokens of the whole query. */
  readonly queryTokens: number;
  /** Most tokens of query and document together: the pair's maximum less its special tokens. */
  readonly budgetTokens: number;
  /** Tokens that a window shares with the one before it, unless windows are too short for that. */
  readonly overlapTokens: number;
  /** Most tokens of a document that are read; infinite for all. */
  readonly maxDocumentTokens: number;
  /** The end at which texts lose tokens. */
  readonly direction: TruncationDirection;
  /** Tokens that the template puts before every document, which each window has. Default: none. */
  readonly head?: Int32Array<ArrayBuffer> | undefined;
  /** Unicode code points of the text before every document. Default: 0. */
  readonly headCharacters?: number | undefined;
  /** Whether the document is cut before the query, and not the longer one. Default: false. */
  readonly documentFirst?: boolean | undefined;
}

/** Tokens of a document: from `start` up to `end`. */
export interface TokenRange {
  readonly start: number;
  readonly end: number;
}

/** How one document is read. */
export interface DocumentWindows {
  /** Query tokens beside each window. */
  readonly queryTokens: number;
  /** One for each window, in order; at least one. */
  readonly ranges: readonly TokenRange[];
}

/**
 * Returns the windows of a document of so many tokens.
 *
 * One that `longest_first` leaves whole, or that `maxDocumentTokens` cuts to such a length, is one
 * window beside as much of the query as `longest_first` keeps. Others are cut into windows as long
 * as fit, of which each begins `overlapTokens` before the end of the one before it, or half a
 * window where that is less. So a window goes on by at least half its length: `n` tokens in windows
 * of `w` are fewer than 2n / w windows.
 *
 * Beside windows the query has 512 tokens at most; and where it would leave no more space than two
 * overlaps, half the budget at most.
 */
export function windowsOf(documentTokens: number, plan: WindowPlan): DocumentWindows {
  const { queryTokens, budgetTokens, overlapTokens } = plan;
  const read = readRange(documentTokens, plan);
  const length = read.end - read.start;
  const lengths = { queryTokens, documentTokens: length };
  const kept = plan.documentFirst
    ? truncateDocumentFirst(lengths, budgetTokens, budgetTokens)
    : truncateLongestFirst(lengths, budgetTokens);
  if (kept.documentTokens === length) return { queryTokens: kept.queryTokens, ranges: [read] };

  const besideTokens = queryTokensBeside(plan);
  const windowTokens = budgetTokens - besideTokens;
  const stepTokens = windowTokens - Math.min(overlapTokens, Math.floor(windowTokens / 2));
  // Without space for a single token there is nothing that a second window could read.
  if (windowTokens === 0) {
    return { queryTokens: besideTokens, ranges: [{ start: read.start, end: read.start }] };
  }
  const ranges: TokenRange[] = [];
  for (let start = read.start; ranges.at(-1)?.end !== read.end; start += stepTokens) {
    ranges.push({ start, end: Math.min(start + windowTokens, read.end) });
  }
  return { queryTokens: besideTokens, ranges };
}

function readRange(documentTokens: number, plan: WindowPlan): TokenRange {
  const length = Math.min(documentTokens, plan.maxDocumentTokens);
  if (plan.direction === "right") return { start: 0, end: length };
  return { start: documentTokens - length, end: documentTokens };
}

function queryTokensBeside({ queryTokens, budgetTokens, overlapTokens }: WindowPlan): number {
  const most = Math.min(queryTokens, maxWindowQueryTokens);
  if (budgetTokens - most >= 2 * overlapTokens + 1) return most;
  return Math.min(most, Math.floor(budgetTokens / 2));
}
