import { passageText } from "../../reranker/passage.ts";
import type { Passage, RerankRequest, RerankResult } from "../../reranker/rerank-request.ts";

/** Returns the token counts of an answer in the form of OpenAI-like servers. */
export function usageOf(totalTokens: number): object {
  return { prompt_tokens: totalTokens, total_tokens: totalTokens };
}

/** Returns the current time in seconds, for the field `created`. */
export function createdNow(): number {
  return Math.floor(Date.now() / 1_000);
}

/** Returns a passage for an answer; with its text where the document is given. */
export function passageAnswerOf({ start, end }: Passage, document: string | undefined): object {
  if (document === undefined) return { start, end };
  return { start, end, text: passageText(document, { start, end }) };
}

/**
 * Returns a sentence for each thing that was cut, none if nothing was. `maxLength` is the longest
 * pair that the server reads, in tokens.
 */
export function warningsOf(
  result: RerankResult,
  request: RerankRequest,
  maxLength: number,
): string[] {
  const { maxTokensPerPair = maxLength, maxTokensPerDocument, maxTokensPerQuery } = request;
  const fit = `to fit ${Math.min(maxLength, maxTokensPerPair)} tokens`;
  const cut = result.results.filter(({ truncated }) => truncated).length;
  const warnings: string[] = [];
  if (cut > 0) {
    const limit = maxTokensPerDocument ? `, or to ${maxTokensPerDocument} of their own` : "";
    warnings.push(`${cut} of the results were cut ${fit}${limit}`);
  }
  if (result.queryTruncated) {
    const limit = maxTokensPerQuery ? `, or to ${maxTokensPerQuery} of its own` : "";
    warnings.push(`the query was cut ${fit}${limit}`);
  }
  return warnings;
}
