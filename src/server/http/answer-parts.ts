import type { Passage, RerankResult } from "../../reranker/rerank-request.ts";

/** Returns the tokens of an answer as OpenAI-like servers tell them. */
export function usageOf(totalTokens: number): object {
  return { prompt_tokens: totalTokens, total_tokens: totalTokens };
}

/** Returns the present second, as `created` tells it. */
export function createdNow(): number {
  return Math.floor(Date.now() / 1_000);
}

/** Returns a passage for an answer; with its text where the document is given. */
export function passageAnswerOf({ start, end }: Passage, document: string | undefined): object {
  if (document === undefined) return { start, end };
  return { start, end, text: sliceCodePoints(document, start, end) };
}

/**
 * Returns a sentence for each thing that was cut to fit, none if nothing was. `maxLength` is the
 * longest pair in tokens.
 */
export function warningsOf(result: RerankResult, maxLength: number): string[] {
  const cut = result.results.filter(({ truncated }) => truncated).length;
  const warnings: string[] = [];
  if (cut > 0) warnings.push(`${cut} of the results were cut to fit ${maxLength} tokens`);
  if (result.queryTruncated) warnings.push(`the query was cut to fit ${maxLength} tokens`);
  return warnings;
}

/** Returns part of a text between two positions in code points. */
function sliceCodePoints(text: string, start: number, end: number): string {
  const from = unitsOf(text, 0, start);
  return text.slice(from, unitsOf(text, from, end - start));
}

/** Returns the position in UTF-16 units that is some code points after another. */
function unitsOf(text: string, from: number, codePoints: number): number {
  let at = from;
  for (let passed = 0; passed < codePoints && at < text.length; passed += 1) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}
