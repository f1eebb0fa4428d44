import type { RerankResult } from "../../reranker/rerank-request.ts";

/** The times and token counts of an answer. */
export interface AnswerCost extends Pick<RerankResult, "timings" | "totalTokens"> {
  /** Where the model runs, for example `cpu`. */
  readonly device: string;
  /** UTF-16 units of all pairs, as countCharacters() counts them. */
  readonly characters: number;
}

/** Names of the headers that timingHeaders() returns. */
export const timingHeaderNames = [
  "x-compute-type",
  "x-compute-time",
  "x-compute-characters",
  "x-compute-tokens",
  "x-total-time",
  "x-tokenization-time",
  "x-queue-time",
  "x-inference-time",
] as const;

/**
 * Returns the response headers that report the stages' times of a request, in whole milliseconds,
 * and what the model read. The names are those of Hugging Face's text-embeddings-inference, where
 * `x-compute-time` is the same as `x-total-time`.
 */
export function timingHeaders(
  cost: AnswerCost,
): Record<(typeof timingHeaderNames)[number], string> {
  const { timings, totalTokens, device, characters } = cost;
  const totalMs = String(Math.round(timings.totalMs));
  return {
    "x-compute-type": device,
    "x-compute-time": totalMs,
    "x-compute-characters": String(characters),
    "x-compute-tokens": String(totalTokens),
    "x-total-time": totalMs,
    "x-tokenization-time": String(Math.round(timings.tokenizationMs)),
    "x-queue-time": String(Math.round(timings.queueMs)),
    "x-inference-time": String(Math.round(timings.inferenceMs)),
  };
}

/** Returns the UTF-16 units of all pairs: the query counts once for each document. */
export function countCharacters(query: string, documents: readonly string[]): number {
  return documents.reduce((sum, { length }) => sum + length, query.length * documents.length);
}
