import { type EncodeTexts, encodeDocuments } from "./encode-documents.ts";
import { layOutPair, type PairIds, type PairTemplate } from "./file/pair-template.ts";
import type { TextExtent } from "./thread/tokenizer-message.ts";
import type { EncodeOptions, Encoding } from "./tokenizer.ts";
import {
  fitPair,
  headTokensOf,
  joinHead,
  keepQuery,
  keepTokens,
  mostQueryTokens,
} from "./truncate-pair.ts";

/** The query and documents of one call. */
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
  const { ids } = await encodeTexts([query], signal, queryExtentOf(template, extent));

  const encodings: Encoding[] = new Array(documents.length);
  await encodeDocuments(encodeTexts, documents, {
    signal,
    extent,
    onDocument(index, { ids: document }) {
      encodings[index] = encodePair(template, { query: ids, document }, maxLength, options);
    },
  });
  return encodings;
}

/** Returns how much of a query's text is read: its end may be the template's. */
export function queryExtentOf(template: PairTemplate, extent: TextExtent): TextExtent {
  return template.queryTailTokens ? "whole" : extent;
}

function encodePair(
  template: PairTemplate,
  { query, document }: PairIds,
  maxLength: number,
  {
    truncationDirection: direction = "right",
    maxDocumentTokens = document.length,
    maxQueryTokens = query.length,
  }: EncodeOptions,
): Encoding {
  const head = headTokensOf(template, document);
  const body = document.subarray(head);
  const read = keepTokens(body, maxDocumentTokens, direction);
  const asked = keepQuery(template, query, maxQueryTokens, direction);
  const full = { queryTokens: asked.length, documentTokens: read.length };
  const { kept, budgetTokens } = fitPair(template, full, head, maxLength);
  const longest = Math.min(asked.length, mostQueryTokens(template, maxLength));
  if (template.documentFirst && direction === "right" && longest > budgetTokens) {
    // As the authors' code, which cuts the whole text at its end: what is before the document goes, too.
    const textTokens = budgetTokens + head;
    const keptQuery = keepTokens(asked, Math.min(textTokens, longest), direction);
    const keptHead = keepTokens(document, Math.min(head, textTokens - keptQuery.length), direction);
    return {
      ...layOutPair(template, { query: keptQuery, document: keptHead }),
      queryTruncated: keptQuery.length < query.length,
      documentTruncated: body.length > 0,
      tooLong: true,
    };
  }
  const ids = {
    query: keepQuery(template, asked, kept.queryTokens, direction),
    document: keepTokens(read, kept.documentTokens, direction),
  };
  const isCut = ids.query.length < asked.length || ids.document.length < read.length;
  return {
    ...layOutPair(template, { ...ids, document: joinHead(document, head, ids.document) }),
    queryTruncated: ids.query.length < query.length,
    documentTruncated: ids.document.length < body.length,
    tooLong: isCut || full.queryTokens + full.documentTokens > budgetTokens,
  };
}
