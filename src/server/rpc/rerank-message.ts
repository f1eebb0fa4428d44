import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  RerankRequest as RerankRequestMessage,
  RerankResponseSchema,
} from "../../../gen/rerank/v1/rerank_service_pb.ts";
import type { RerankRequest, RerankResult } from "../../reranker/rerank-request.ts";

/** Turns the message of a request into the plain value. */
export function requestOf(message: RerankRequestMessage): RerankRequest {
  const { query, documents, topN, model, rawScores, truncate } = message;
  return { query, documents, topN, model, rawScores, truncate };
}

/** Turns a ranking into the message of the response to `message`. */
export function responseOf(
  result: RerankResult,
  message: RerankRequestMessage,
): MessageInitShape<typeof RerankResponseSchema> {
  const { documents, returnDocuments, returnTimings } = message;
  return {
    model: result.model,
    results: result.results.map(({ index, relevanceScore, truncated }) => ({
      index,
      relevanceScore,
      truncated,
      ...(returnDocuments && { document: documents[index] ?? "" }),
    })),
    usage: { totalTokens: result.totalTokens },
    queryTruncated: result.queryTruncated,
    ...(returnTimings && { timings: result.timings }),
  };
}
