import { passageText } from "../../reranker/passage.ts";
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
  return { start, end, text: passageText(document, { start, end }) };
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
