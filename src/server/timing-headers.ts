import type { RerankResult } from "../reranker/rerank-request.ts";

/**
 * Returns the response headers that tell where the time of a request went, in whole milliseconds,
 * and how many tokens the model read. The names are those of Hugging Face's
 * text-embeddings-inference.
 */
export function timingHeaders({ timings, totalTokens }: RerankResult): Record<string, string> {
  return {
    "x-tokenization-time": String(Math.round(timings.tokenizationMs)),
    "x-queue-time": String(Math.round(timings.queueMs)),
    "x-inference-time": String(Math.round(timings.inferenceMs)),
    "x-total-time": String(Math.round(timings.totalMs)),
    "x-compute-tokens": String(totalTokens),
  };
}
