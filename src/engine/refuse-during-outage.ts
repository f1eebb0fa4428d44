import { RerankError } from "../errors.ts";
import type { Backend } from "../inference/backend.ts";
import type { PairScorerOptions } from "../reranker/pair-scorer.ts";

/**
 * Returns a scheduler that has no room for what comes while a crashed worker is being replaced, and
 * tells the time until there should be one: another server may answer sooner. What was taken before
 * is kept, and waits for the new worker; what needs no model, because all its scores are known, is
 * answered.
 */
export function refuseDuringOutage(
  scheduler: PairScorerOptions["scheduler"],
  backend: Pick<Backend, "outage">,
): PairScorerOptions["scheduler"] {
  return {
    checkRoom(tokens, timeoutMs) {
      const { outage } = backend;
      if (outage !== undefined) {
        throw new RerankError("unavailable", "the model is being loaded again; try again", {
          retryAfterMs: outage.remainingMs,
        });
      }
      scheduler.checkRoom(tokens, timeoutMs);
    },
    score: (encodings, call) => scheduler.score(encodings, call),
  };
}
