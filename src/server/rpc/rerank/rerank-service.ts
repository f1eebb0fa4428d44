import type { ServiceImpl } from "@connectrpc/connect";
import type { RerankService } from "../../../../gen/rerank/v1/rerank_service_pb.ts";
import type { HealthState } from "../../../engine/health-state.ts";
import { linkSignals } from "../../../linked-signal.ts";
import { countCharacters, timingHeaders } from "../../call/timing-headers.ts";
import { abortErrorOf } from "../connect-error.ts";
import { callKey } from "../error-interceptor.ts";
import { requestOf, responseOf } from "./rerank-message.ts";
import { type RerankStreamOptions, rerankStream } from "./rerank-stream.ts";

/** What the service needs. */
export interface RerankServiceOptions extends RerankStreamOptions {
  readonly health: HealthState;
}

/**
 * Returns `rerank.v1.RerankService` over a Reranker: protobuf on one side, plain values on the
 * other.
 */
export function createRerankService(
  options: RerankServiceOptions,
): ServiceImpl<typeof RerankService> {
  const { reranker, health } = options;
  return {
    async rerank(message, context) {
      const call = context.values.get(callKey);
      if (call) call.documents = message.documents.length;
      const link = linkSignals({ signals: [context.signal], toReason: abortErrorOf });
      try {
        const { signal } = link;
        const timeoutMs = context.timeoutMs();
        const observer = call?.observeRanking?.();
        const result = await reranker.rerank(requestOf(message), { signal, timeoutMs, observer });
        const characters = countCharacters(message.query, message.documents);
        const cost = { ...result, characters, device: health.report.device };
        for (const [name, value] of Object.entries(timingHeaders(cost))) {
          context.responseHeader.set(name, value);
        }
        return responseOf(result, message);
      } finally {
        link.unlink();
      }
    },
    rerankStream: (requests, context) => rerankStream(options, requests, context),
    health: () => health.report,
  };
}
