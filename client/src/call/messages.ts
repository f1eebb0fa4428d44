import { create } from "@bufbuild/protobuf";
import {
  type HealthResponse,
  LongDocuments,
  type ModelHealth as ModelHealthMessage,
  type Passage,
  type RerankRequest as RequestMessage,
  RerankRequestSchema,
  RerankStreamRequestSchema,
  type RerankResponse as ResponseMessage,
  type RerankStreamResponse as StreamAnswerMessage,
  type RerankStreamRequest as StreamRequestMessage,
  TruncationDirection,
} from "../../../gen/rerank/v1/rerank_service_pb.ts";
import { checkPositive, checkRequest } from "./check.ts";
import { codeOfStatus, RerankClientError } from "./client-error.ts";
import type {
  RerankPassage,
  RerankRequest,
  RerankResponse,
  RerankStreamAnswer,
  RerankStreamRequest,
  ServerHealth,
} from "./rerank-types.ts";

const longDocumentsEnum = { truncate: LongDocuments.TRUNCATE, windows: LongDocuments.WINDOWS };
const directionEnum = { left: TruncationDirection.LEFT, right: TruncationDirection.RIGHT };

/** Greatest finite number of a float field. */
const maxFloat32 = 2 ** 128 - 2 ** 104;

/** Largest number of a uint32 field. */
const maxUint32 = 2 ** 32 - 1;

/**
 * Returns the message of a request. Throws a RerankClientError with `invalid_argument` if it cannot
 * be one.
 */
export function requestMessageOf(request: RerankRequest, defaultModel: string): RequestMessage {
  checkRequest(request);
  const { query, documents, topN, model, truncate, maxTokensPerDoc, scoreThreshold } = request;
  const { longDocuments, truncationDirection } = request;
  return create(RerankRequestSchema, {
    // Protobuf has no lone surrogates; as in every encoding to bytes they are U+FFFD.
    query: query.toWellFormed(),
    documents: documents.map((document) => document.toWellFormed()),
    topN,
    model: (model ?? defaultModel).toWellFormed(),
    returnDocuments: request.returnDocuments ?? false,
    rawScores: request.rawScores ?? false,
    truncate,
    returnTimings: request.returnTimings ?? false,
    maxTokensPerDoc,
    scoreThreshold: scoreThreshold === undefined ? undefined : float32Of(scoreThreshold),
    instruction: request.instruction?.toWellFormed(),
    ...(longDocuments && { longDocuments: longDocumentsEnum[longDocuments] }),
    ...(truncationDirection && { truncationDirection: directionEnum[truncationDirection] }),
  });
}

/** Returns the float32 next to a number: no score is beyond the greatest of them either. */
function float32Of(value: number): number {
  const near = Math.fround(value);
  if (Number.isFinite(near) || !Number.isFinite(value)) return near;
  return Math.sign(value) * maxFloat32;
}

/** Returns the ranking of a response. */
export function responseOf(message: ResponseMessage): RerankResponse {
  const { model, results, usage, queryTruncated, timings } = message;
  return {
    model,
    results: results.map(({ index = 0, relevanceScore = 0, document, truncated, passage }) => ({
      index,
      relevanceScore,
      ...(document !== undefined && { document }),
      truncated,
      ...(passage && { passage: passageOf(passage) }),
    })),
    totalTokens: usage?.totalTokens ?? 0,
    queryTruncated,
    ...(timings && {
      timings: {
        tokenizationMs: timings.tokenizationMs,
        queueMs: timings.queueMs,
        inferenceMs: timings.inferenceMs,
        totalMs: timings.totalMs,
      },
    }),
  };
}

function passageOf({ start, end, text }: Passage): RerankPassage {
  return text === undefined ? { start, end } : { start, end, text };
}

/** Returns the message of one request of a stream. Throws as requestMessageOf does. */
export function streamRequestMessageOf(
  { id, request, timeoutMs }: RerankStreamRequest,
  defaultModel: string,
): StreamRequestMessage {
  if (timeoutMs !== undefined) checkPositive("timeoutMs", timeoutMs);
  return create(RerankStreamRequestSchema, {
    id: id.toWellFormed(),
    request: requestMessageOf(request, defaultModel),
    timeoutMs: timeoutMs === undefined ? undefined : Math.min(Math.ceil(timeoutMs), maxUint32),
  });
}

/** Returns the answer to one request of a stream. */
export function streamAnswerOf({ id, outcome }: StreamAnswerMessage): RerankStreamAnswer {
  if (outcome.case === "response") return { id, response: responseOf(outcome.value) };
  const { code, message } = outcome.value ?? { code: 0, message: "the answer is empty" };
  return { id, error: new RerankClientError(codeOfStatus(code), message) };
}

/** Returns what a server says of itself. */
export function healthOf(message: HealthResponse): ServerHealth {
  const { model, version, models } = message;
  const healthOfEach = models.map((each) => ({
    name: each.name,
    aliases: each.aliases,
    ...factsOf(each),
  }));
  return { model, version, ...factsOf(message), models: healthOfEach };
}

function factsOf(message: HealthResponse | ModelHealthMessage) {
  const { status, device, workers, threads, dtype, maxLength, activation, reason } = message;
  return { status, device, workers, threads, dtype, maxLength, activation, reason };
}
