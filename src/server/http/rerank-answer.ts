import type { RerankResult, Timings } from "../../reranker/rerank-request.ts";
import type { RerankBody } from "./parse-rerank-body.ts";

/**
 * Returns the JSON body of a ranking: `model` and `results` with `index` and `relevance_score`.
 * Further fields appear only where they say something: `document` and `timings` where they were
 * asked for, `truncated` and `query_truncated` where text was cut.
 */
export function rerankAnswerOf(result: RerankResult, body: RerankBody): object {
  const { documents } = body.request;
  return {
    model: result.model,
    results: result.results.map(({ index, relevanceScore, truncated }) => ({
      index,
      relevance_score: relevanceScore,
      ...(body.returnDocuments && { document: { text: documents[index] } }),
      ...(truncated && { truncated }),
    })),
    ...(result.queryTruncated && { query_truncated: true }),
    ...(body.returnTimings && { timings: timingsOf(result.timings) }),
  };
}

function timingsOf({ tokenizationMs, queueMs, inferenceMs, totalMs }: Timings): object {
  return {
    tokenization_ms: tokenizationMs,
    queue_ms: queueMs,
    inference_ms: inferenceMs,
    total_ms: totalMs,
  };
}
