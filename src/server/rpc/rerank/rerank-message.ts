import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  LongDocuments,
  type PassageSchema,
  type RerankRequest as RerankRequestMessage,
  type RerankResponseSchema,
  TruncationDirection,
} from "../../../../gen/rerank/v1/rerank_service_pb.ts";
import { RerankError } from "../../../errors.ts";
import { passageText } from "../../../reranker/passage.ts";
import type { Passage, RerankRequest, RerankResult } from "../../../reranker/rerank-request.ts";

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

/**
 * Returns what the contract's `long_documents` asks for. Throws RerankError `invalid_argument` if
 * it has a number that this server does not know.
 */
function longDocumentsOf(value: LongDocuments): RerankRequest["longDocuments"] {
  switch (value) {
    case LongDocuments.UNSPECIFIED:
      return undefined;
    case LongDocuments.TRUNCATE:
      return "truncate";
    case LongDocuments.WINDOWS:
      return "windows";
    default:
      throw unknown("long_documents", ["LONG_DOCUMENTS_TRUNCATE", "LONG_DOCUMENTS_WINDOWS"], value);
  }
}

/**
 * Returns what the contract's `truncation_direction` asks for. Throws RerankError
 * `invalid_argument` if it has a number that this server does not know.
 */
function truncationDirectionOf(value: TruncationDirection): RerankRequest["truncationDirection"] {
  switch (value) {
    case TruncationDirection.UNSPECIFIED:
      return undefined;
    case TruncationDirection.LEFT:
      return "left";
    case TruncationDirection.RIGHT:
      return "right";
    default:
      throw unknown(
        "truncation_direction",
        ["TRUNCATION_DIRECTION_LEFT", "TRUNCATION_DIRECTION_RIGHT"],
        value,
      );
  }
}

function unknown(field: string, names: readonly string[], value: number): RerankError {
  const message = `\`${field}\` must be ${names.join(" or ")}, got: \`${value}\``;
  return new RerankError("invalid_argument", message, { field });
}
