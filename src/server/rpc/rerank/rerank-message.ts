import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  PassageSchema,
  RerankRequest as RerankRequestMessage,
  RerankResponseSchema,
} from "../../../../gen/rerank/v1/rerank_service_pb.ts";
import { passageText } from "../../../reranker/passage.ts";
import type { Passage, RerankRequest, RerankResult } from "../../../reranker/rerank-request.ts";
import { longDocumentsOf, truncationDirectionOf } from "./rerank-enums.ts";

/**
 * Turns the message of a request into the plain value. Throws RerankError `invalid_argument` that
 * names an enum field whose number has no meaning.
 */
export function requestOf(message: RerankRequestMessage): RerankRequest {
  const { query, documents, topN, model, rawScores, truncate, scoreThreshold } = message;
  return {
    query,
    documents,
    topN,
    model,
    rawScores,
    truncate,
    longDocuments: longDocumentsOf(message.longDocuments),
    truncationDirection: truncationDirectionOf(message.truncationDirection),
    maxTokensPerDocument: message.maxTokensPerDoc,
    scoreThreshold,
    instruction: message.instruction,
  };
}

/** Turns a ranking into the message of the response to `message`. */
export function responseOf(
  result: RerankResult,
  message: RerankRequestMessage,
): MessageInitShape<typeof RerankResponseSchema> {
  const { documents, returnDocuments, returnTimings } = message;
  return {
    model: result.model,
    results: result.results.map(({ index, relevanceScore, truncated, passage }) => {
      const document = returnDocuments ? (documents[index] ?? "") : undefined;
      return {
        index,
        relevanceScore,
        truncated,
        ...(document !== undefined && { document }),
        ...(passage && { passage: passageMessage(passage, document) }),
      };
    }),
    usage: { totalTokens: result.totalTokens },
    queryTruncated: result.queryTruncated,
    ...(returnTimings && { timings: result.timings }),
  };
}

function passageMessage(
  { start, end }: Passage,
  document: string | undefined,
): MessageInitShape<typeof PassageSchema> {
  if (document === undefined) return { start, end };
  return { start, end, text: passageText(document, { start, end }) };
}
