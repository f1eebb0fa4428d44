import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type RerankRequest as RerankRequestMessage,
  type RerankResponseSchema,
  TruncationDirection,
  TruncationDirectionSchema,
} from "../../../../gen/tei/v1/tei_pb.ts";
import { RerankError } from "../../../errors.ts";
import type { RerankRequest, RerankResult } from "../../../reranker/rerank-request.ts";

/** The options of a TEI request: every field that controls ranking except the texts. */
export type TeiOptions = Pick<
  RerankRequestMessage,
  "truncate" | "rawScores" | "returnText" | "truncationDirection"
>;

const maxUint32 = 2 ** 32 - 1;
const nanosecondsPerMillisecond = 1e6;

/**
 * Turns a query, its texts and their options into the plain value. Throws a RerankError
 * `invalid_argument` for a direction that the protocol does not know.
 */
export function requestOf(
  query: string,
  texts: readonly string[],
  { truncate, rawScores, truncationDirection }: TeiOptions,
): RerankRequest {
  const isLeft = truncationDirection === TruncationDirection.LEFT;
  if (!isLeft && truncationDirection !== TruncationDirection.RIGHT) {
    const field = "truncation_direction";
    const known = TruncationDirectionSchema.values.map(({ name }) => `\`${name}\``).join(" or ");
    const message = `\`${field}\` must be ${known}, got: \`${truncationDirection}\``;
    throw new RerankError("invalid_argument", message, { field });
  }
  const direction = isLeft ? "left" : "right";
  return { query, documents: texts, truncate, rawScores, truncationDirection: direction };
}

/** Turns a ranking into the message; `characters` are those of all pairs. */
export function responseOf(
  result: RerankResult,
  texts: readonly string[],
  { returnText, characters }: { readonly returnText: boolean; readonly characters: number },
): MessageInitShape<typeof RerankResponseSchema> {
  const { tokenizationMs, queueMs, inferenceMs, totalMs } = result.timings;
  return {
    ranks: result.results.map(({ index, relevanceScore }) => ({
      index,
      score: relevanceScore,
      ...(returnText && { text: texts[index] ?? "" }),
    })),
    metadata: {
      computeChars: Math.min(characters, maxUint32),
      computeTokens: Math.min(result.totalTokens, maxUint32),
      totalTimeNs: nanosecondsOf(totalMs),
      tokenizationTimeNs: nanosecondsOf(tokenizationMs),
      queueTimeNs: nanosecondsOf(queueMs),
      inferenceTimeNs: nanosecondsOf(inferenceMs),
    },
  };
}

function nanosecondsOf(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * nanosecondsPerMillisecond));
}
