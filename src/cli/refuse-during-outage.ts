import { RerankError } from "../errors.ts";
import type { Backend } from "../inference/backend.ts";
import type { Reranker } from "../reranker/rerank-request.ts";

/**
 * Returns a reranker that refuses what comes while a crashed worker is being replaced, with the time
 * until there should be one: another server may answer sooner. What was taken before is kept, and
 * waits for the new worker.
 */
export function refuseDuringOutage(reranker: Reranker, backend: Pick<Backend, "outage">): Reranker {
  return {
    async rerank(request, call) {
      const { outage } = backend;
      if (outage === undefined) return await reranker.rerank(request, call);
      throw new RerankError("unavailable", "the model is being loaded again; try again", {
        retryAfterMs: outage.remainingMs,
      });
    },
  };
}
