import type { RerankRequest, RerankResult, Timings } from "../../../reranker/rerank-request.ts";
import { createdNow, passageAnswerOf, usageOf, warningsOf } from "../answer-parts.ts";
import { booleanField, type JsonFields, readText } from "../json-fields.ts";
import { type Dialect, type JsonRouteContext, rankingHeaders, reportOf } from "../json-route.ts";
import { documentAnswerOf, readDocuments, readRankingOptions } from "../ranking-fields.ts";
import { answerTei } from "./tei.ts";

/** The version of Cohere's API whose `meta` the answer has. */
const cohereApiVersion = "2";

/** The fields that say what an answer holds beside the ranking. */
export const answerFields = {
  returnDocuments: booleanField(
    "Whether each result carries its document. Default: true on `/v1/rerank`, else false.",
    "return_documents",
    "return_text",
  ),
  returnTimings: booleanField(
    "Whether the answer has `timings`. Default: false.",
    "return_timings",
  ),
} as const;

/** What the clients of one path expect without asking. */
export interface RerankDefaults {
  /** Whether each result carries its document where `return_documents` is not sent. */
  readonly returnDocuments: boolean;
}

/**
 * Returns the dialect of Jina, Cohere, vLLM, Infinity, Xinference and llama.cpp: `documents` in,
 * an object with `results` out that has the fields which any of their clients looks for. A body
 * with `texts` instead speaks that of text-embeddings-inference.
 */
export function createRerankDialect(defaults: RerankDefaults): Dialect {
  return async (fields, context) => {
    if (fields.texts !== undefined && fields.documents === undefined) {
      return await answerTei(fields, context);
    }
    const query = readText("query", fields.query);
    const documents = readDocuments(fields);
    const request = { query, documents, ...readRankingOptions(fields) };
    const extras = {
      returnDocuments: answerFields.returnDocuments.read(fields) ?? defaults.returnDocuments,
      returnTimings: answerFields.returnTimings.read(fields) ?? false,
    };
    const result = await context.rank(request);
    return {
      status: 200,
      headers: rankingHeaders(request, result, context),
      body: {
        model: result.model,
        results: resultsOf(result, documents, extras.returnDocuments ? fields : undefined),
        ...envelopeOf(result, request, context),
        ...(result.queryTruncated && { query_truncated: true }),
        ...(extras.returnTimings && { timings: timingsOf(result.timings) }),
      },
    };
  };
}

/** `sent` is the body whose documents are returned; undefined if none are. */
function resultsOf(
  { results }: RerankResult,
  documents: readonly string[],
  sent: JsonFields | undefined,
): object[] {
  const sentDocuments = sent?.documents as readonly unknown[] | undefined;
  return results.map(({ index, relevanceScore, truncated, passage }) => {
    const text = sentDocuments && (documents[index] ?? "");
    return {
      index,
      relevance_score: relevanceScore,
      ...(text !== undefined && { document: documentAnswerOf(sentDocuments?.[index], text) }),
      ...(truncated && { truncated }),
      ...(passage && { passage: passageAnswerOf(passage, text) }),
    };
  });
}

/** Everything that some client looks for and that says nothing about a document. */
function envelopeOf(
  result: RerankResult,
  request: RerankRequest,
  { call, options }: JsonRouteContext,
): object {
  const { totalTokens } = result;
  const warnings = warningsOf(result, request, reportOf(result, options).maxLength);
  return {
    id: call.id,
    // Infinity's client takes no other word; nobody else's reads it.
    object: "rerank",
    created: createdNow(),
    usage: usageOf(totalTokens),
    meta: {
      api_version: { version: cohereApiVersion },
      billed_units: { search_units: 1, input_tokens: totalTokens },
      tokens: { input_tokens: totalTokens, output_tokens: 0 },
      ...(warnings.length > 0 && { warnings }),
    },
  };
}

/** Returns the times in milliseconds, to the microsecond. */
function timingsOf({ tokenizationMs, queueMs, inferenceMs, totalMs }: Timings): object {
  return {
    tokenization_ms: toMicrosecond(tokenizationMs),
    queue_ms: toMicrosecond(queueMs),
    inference_ms: toMicrosecond(inferenceMs),
    total_ms: toMicrosecond(totalMs),
  };
}

function toMicrosecond(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
