import type { PackedIds } from "./id-encoder.ts";
import { layOutPair, type PairTemplate } from "./pair-template.ts";
import { chunkTexts } from "./text-chunks.ts";
import type { EncodeOptions, Encoding } from "./tokenizer.ts";
import { truncateLongestFirst } from "./truncate.ts";

/**
 * Chunks of one call that are encoded at a time: one under way and one that waits, so that the
 * encoder never waits for a call, nor a call for the whole of another one.
 */
const maxChunksUnderWay = 2;

/** Encodes texts without special tokens; rejects when the signal aborts. */
export type EncodeTexts = (texts: readonly string[], signal?: AbortSignal) => Promise<PackedIds>;

/**
 * Encodes the query with each document, in order. Rejects with the first error of `encodeTexts`,
 * and starts no further chunk after it.
 */
export async function encodePairs(
  encodeTexts: EncodeTexts,
  template: PairTemplate,
  pairs: { readonly query: string; readonly documents: readonly string[] },
  { maxLength, signal }: EncodeOptions,
): Promise<Encoding[]> {
  const { ids: query } = await encodeTexts([pairs.query], signal);
  const budgetTokens = maxLength - template.specialTokenCount;

  const encodings: Encoding[] = new Array(pairs.documents.length);
  // The turns share one iterator, so that each takes the next chunk that nobody has.
  const waiting = chunkTexts(pairs.documents).values();
  let stopped = false;
  const encodeInTurn = async (): Promise<void> => {
    for (const { texts, first } of waiting) {
      const { ids, lengths } = await encodeTexts(texts, signal);
      if (stopped) return;
      let start = 0;
      for (const [i, length] of lengths.entries()) {
        const document = ids.subarray(start, start + length);
        encodings[first + i] = encodePair(template, query, document, budgetTokens);
        start += length;
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: maxChunksUnderWay }, encodeInTurn));
  } finally {
    stopped = true;
  }
  return encodings;
}

function encodePair(
  template: PairTemplate,
  query: Int32Array,
  document: Int32Array,
  budgetTokens: number,
): Encoding {
  const full = { queryTokens: query.length, documentTokens: document.length };
  const kept = truncateLongestFirst(full, budgetTokens);
  return {
    ...layOutPair(template, { query, document }, kept),
    queryTruncated: kept.queryTokens < full.queryTokens,
    documentTruncated: kept.documentTokens < full.documentTokens,
  };
}
