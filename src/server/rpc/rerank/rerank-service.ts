import type { ServiceImpl } from "@connectrpc/connect";
import type { RerankService } from "../../../../gen/rerank/v1/rerank_service_pb.ts";
import type { ServedModels } from "../../models/served-models.ts";
import { rankCall, whileWaiting } from "../rank-call.ts";
import { healthMessageOf } from "./health-message.ts";
import { requestOf, responseOf } from "./rerank-message.ts";
import { type RerankStreamOptions, rerankStream } from "./rerank-stream.ts";

/** The dependencies of the rerank service. */
export interface RerankServiceOptions extends RerankStreamOptions {
  readonly models: ServedModels;
}

/**
 * Returns `rerank.v1.RerankService` over a Reranker: protobuf on one side, plain values on the
 * other.
 */
export function createRerankService(
  options: RerankServiceOptions,
): ServiceImpl<typeof RerankService> {
  return {
    rerank: (message, context) =>
      whileWaiting(context, async (signal) => {
        const result = await rankCall(options, context, signal, requestOf(message));
        return responseOf(result, message);
      }),
    rerankStream: (requests, context) => rerankStream(options, requests, context),
    health: () => healthMessageOf(options.models),
  };
}
