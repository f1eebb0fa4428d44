import { setTimeout as wait } from "node:timers/promises";
import { RerankClientError } from "../../../client/src/index.ts";
import { RerankError } from "../../errors.ts";
import type { Ranker } from "../open-ranker.ts";

/** How long to go on asking, in milliseconds. */
export interface Patience {
  /** Before the second try, where the server does not say; doubled with each further one. */
  readonly firstWaitMs: number;
  /** The longest pause. */
  readonly longestWaitMs: number;
  /** How long a list may be refused in all. */
  readonly totalMs: number;
}

/** Enough for a server to be started again, and short enough to notice one that is gone. */
export const usualPatience: Patience = {
  firstWaitMs: 250,
  longestWaitMs: 10_000,
  totalMs: 300_000,
};

/** The errors that another try may not meet. */
const passing: readonly string[] = ["unavailable", "resource_exhausted", "deadline_exceeded"];

/** The errors that are of one list. */
const ofOneList: readonly string[] = [
  "invalid_argument",
  "not_found",
  "resource_exhausted",
  "out_of_range",
  "internal",
];

/**
 * Returns a ranker that asks again, after a pause, where its server is full, is started again or
 * cannot be reached. After `totalMs` it rejects with the last error.
 */
export function patientRanker(ranker: Ranker, patience: Patience = usualPatience): Ranker {
  return {
    async rerank(request, options) {
      let waitedMs = 0;
      for (let pauseMs = patience.firstWaitMs; ; pauseMs *= 2) {
        try {
          return await ranker.rerank(request, options);
        } catch (error) {
          if (!isPassing(error) || waitedMs >= patience.totalMs) throw error;
          const pause = Math.min(error.retryAfterMs ?? pauseMs, patience.longestWaitMs);
          waitedMs += pause;
          await wait(pause, undefined, options);
        }
      }
    },
    close: async () => await ranker.close(),
  };
}

/**
 * Whether an error says that its list cannot be ranked, and nothing of other lists. A model that is not
 * served is of one list only where that list names it: `ownModel`.
 */
export function isOfOneList(
  error: unknown,
  ownModel?: string | null,
): error is RerankError | RerankClientError {
  if (!(error instanceof RerankError || error instanceof RerankClientError)) return false;
  if (error.code === "not_found" && !ownModel) return false;
  return ofOneList.includes(error.code) && !isPassing(error);
}

function isPassing(error: unknown): error is RerankError | RerankClientError {
  if (!(error instanceof RerankError || error instanceof RerankClientError)) return false;
  // Without a time to wait, a request is too large for good.
  const isForGood = error.code === "resource_exhausted" && error.retryAfterMs === undefined;
  return passing.includes(error.code) && !isForGood;
}
