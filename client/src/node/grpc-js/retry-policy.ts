import { type ChannelOptions, type ServiceError, status } from "@grpc/grpc-js";
import { RerankService } from "../../../../gen/rerank/v1/rerank_service_pb.ts";

/**
 * The part of a channel's service config that retries calls. UNAVAILABLE means that nothing was
 * answered yet, so such a call is tried again, at most three times within half a second. A client
 * whose calls fail more than they succeed stops trying again until the tokens are back.
 *
 * Only the transport `grpc-js`, the default for several addresses, retries: a client of one address
 * rejects each failed call at once, and its caller decides.
 */
export const retryConfig = {
  methodConfig: [
    {
      name: [{ service: RerankService.typeName }],
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: "0.05s",
        maxBackoff: "1s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    },
  ],
  retryThrottling: { maxTokens: 100, tokenRatio: 1 },
} as const;

/** How many of the largest requests are kept at once for another try. */
const keptRequests = 8;

/**
 * Returns the channel options that keep requests for another try. grpc-js keeps sixteen megabytes by
 * default, and of one request no more than one: a larger one would never be tried again.
 */
export function retryBuffersOf(maxMessageBytes: number): ChannelOptions {
  return {
    "grpc.per_rpc_retry_buffer_size": maxMessageBytes,
    "grpc.retry_buffer_size": keptRequests * maxMessageBytes,
  };
}

/**
 * Returns whether a unary call is made once more by the transport: the connection broke in the
 * middle of its answer. Once headers have come, grpc-js does not try the call again by itself.
 */
export function wasCutOff(error: ServiceError | null, hasHeaders: boolean): boolean {
  return error?.code === status.UNAVAILABLE && hasHeaders;
}
