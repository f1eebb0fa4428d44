import { RerankError } from "../../errors.ts";
import { type EncodeTexts, encodeDocuments } from "../encode-documents.ts";
import { type PairTexts, queryExtentOf } from "../encode-pairs.ts";
import { layOutPair, type PairIds, type PairTemplate } from "../file/pair-template.ts";
import type { Encoding, WindowedDocument, WindowOptions } from "../tokenizer.ts";
import { headTokensOf, joinHead, keepQuery } from "../truncate-pair.ts";
import { type DocumentWindows, type WindowPlan, windowsOf } from "./window-plan.ts";

/**
 * Encodes the query with each window of each document, in order. Rejects with the first error of
 * `encodeTexts`, or with RerankError `invalid_argument` once the windows are longer than
 * `maxWindowTokens` together, and starts no further chunk after it.
 */
export async function encodeWindows(
  encodeTexts: EncodeTexts,
  template: PairTemplate,
  { query, documents }: PairTexts,
  options: WindowOptions,
): Promise<WindowedDocument[]> {
  const { maxLength, signal, overlapTokens, maxWindowTokens } = options;
  const { truncationDirection: direction = "right" } = options;
  const { maxDocumentTokens = Number.POSITIVE_INFINITY } = options;
  const extent = queryExtentOf(template, direction === "left" ? "whole" : "start");
  const { ids } = await encodeTexts([query], signal, extent);
  const { documentHead: head, documentHeadCharacters: headCharacters, documentFirst } = template;
  const headTokens = head?.length ?? 0;
  const budgetTokens = Math.max(0, maxLength - template.specialTokenCount - headTokens);
  const { maxQueryTokens = ids.length } = options;
  const asked = keepQuery(template, ids, maxQueryTokens, direction);
  const queryTokens = asked.length;
  const limits = { queryTokens, budgetTokens, overlapTokens, maxDocumentTokens, direction };
  const plan: WindowPlan = { ...limits, head, headCharacters, documentFirst };

  const windowed: WindowedDocument[] = new Array(documents.length);
  let freeTokens = maxWindowTokens;
  await encodeDocuments(encodeTexts, documents, {
    signal,
    extent: plan,
    onDocument(index, { ids: document, nextSpan }) {
      const windows = windowsOf(document.length - headTokensOf(template, document), plan);
      freeTokens -= tokensOf(windows, template);
      if (freeTokens < 0) throw tooManyTokens(maxWindowTokens);
      const laidOut = layOutWindows(template, { query: asked, document }, windows, plan);
      const encodings = queryTokens < ids.length ? laidOut.map(withCutQuery) : laidOut;
      windowed[index] = { encodings, spans: encodings.map(nextSpan) };
    },
  });
  return windowed;
}

function tokensOf({ queryTokens, ranges }: DocumentWindows, template: PairTemplate): number {
  const besideTokens =
    template.specialTokenCount + queryTokens + (template.documentHead?.length ?? 0);
  return ranges.reduce((sum, { start, end }) => sum + besideTokens + end - start, 0);
}

function layOutWindows(
  template: PairTemplate,
  { query, document }: PairIds,
  { queryTokens, ranges }: DocumentWindows,
  { direction, maxDocumentTokens }: WindowPlan,
): Encoding[] {
  const head = headTokensOf(template, document);
  const body = document.subarray(head);
  const kept = keepQuery(template, query, queryTokens, direction);
  const queryTruncated = queryTokens < query.length;
  const readTokens = (ranges.at(-1)?.end ?? 0) - (ranges[0]?.start ?? 0);
  const documentTruncated = readTokens < body.length;
  const tooLong = queryTruncated || readTokens < Math.min(body.length, maxDocumentTokens);
  return ranges.map(({ start, end }) => ({
    ...layOutPair(template, {
      query: kept,
      document: joinHead(document, head, body.subarray(start, end)),
    }),
    queryTruncated,
    documentTruncated,
    tooLong,
  }));
}

function withCutQuery(encoding: Encoding): Encoding {
  return { ...encoding, queryTruncated: true };
}

function tooManyTokens(maxWindowTokens: number): RerankError {
  const message =
    `\`documents\` must have at most ${maxWindowTokens} tokens in windows all together, ` +
    "got: more";
  return new RerankError("invalid_argument", message, { field: "documents" });
}
