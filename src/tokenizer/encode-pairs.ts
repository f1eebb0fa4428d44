import { type EncodeTexts, encodeDocuments } from "./encode-documents.ts";
import { layOutPair, type PairIds, type PairTemplate } from "./pair-template.ts";
import type { EncodeOptions, Encoding } from "./tokenizer.ts";
import type { TextExtent } from "./tokenizer-message.ts";
import { keepTokens, truncateLongestFirst } from "./truncate.ts";

/** The texts of one call. */
export interface PairTexts {
  readonly query: string;
  readonly documents: readonly string[];
}

/**
 * Encodes the query with each document, in order. Rejects with the first error of `encodeTexts`,
 * and starts no further chunk after it.
 */
export async function encodePairs(
  encodeTexts: EncodeTexts,
  template: PairTemplate,
  { query, documents }: PairTexts,
  options: EncodeOptions,
): Promise<Encoding[]> {
  const { maxLength, signal, truncationDirection } = options;
  const extent: TextExtent = truncationDirection === "left" ? "whole" : "start";
  const { ids } = await encodeTexts([query], signal, extent);
  const budgetTokens = maxLength - template.specialTokenCount;

  const encodings: Encoding[] = new Array(documents.length);
  await encodeDocuments(encodeTexts, documents, {
    signal,
    extent,
    onDocument(index, { ids: document }) {
      encodings[index] = encodePair(template, { query: ids, document }, budgetTokens, options);
    },
  });
  return encodings;
}

function encodePair(
  template: PairTemplate,
  { query, document }: PairIds,
  budgetTokens: number,
  {
    truncationDirection = "right",
    maxDocumentTokens = document.length,
    maxQueryTokens = query.length,
  }: EncodeOptions,
): Encoding {
  const read = keepTokens(document, maxDocumentTokens, truncationDirection);
  const asked = keepTokens(query, maxQueryTokens, truncationDirection);
  const full = { queryTokens: asked.length, documentTokens: read.length };
  const kept = truncateLongestFirst(full, budgetTokens);
  const ids = {
    query: keepTokens(asked, kept.queryTokens, truncationDirection),
    document: keepTokens(read, kept.documentTokens, truncationDirection),
  };
  return {
    ...layOutPair(template, ids),
    queryTruncated: ids.query.length < query.length,
    documentTruncated: ids.document.length < document.length,
    tooLong: full.queryTokens + full.documentTokens > budgetTokens,
  };
}
