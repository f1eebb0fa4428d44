import { RerankError, type RerankErrorCode } from "../errors.ts";
import type { Reranker, RerankRequest, RerankResult } from "../reranker/rerank-request.ts";
import type { Instruments } from "./instruments.ts";
import { durationBuckets } from "./request-metrics.ts";

/** Outcome label of a ranking that failed with an error not listed in `outcomeOf`. */
const failed = "failed";

/** The outcome label of a ranking, by its error code. */
const outcomeOf: Readonly<Partial<Record<RerankErrorCode, string>>> = {
  invalid_argument: "invalid",
  not_found: "invalid",
  resource_exhausted: "refused",
  unavailable: "unavailable",
  deadline_exceeded: "expired",
  cancelled: "cancelled",
};

/** Upper bounds of documents in one request. */
const documentBuckets = [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000] as const;

/**
 * Returns a function that puts a meter in front of the reranker of a model. It counts rankings, and
 * not calls: a stream has many.
 */
export function createRankingMetrics(
  make: Instruments,
): (reranker: Reranker, model: string) => Reranker {
  const labels = ["model"] as const;
  const allRankings = make.counter("rerankd_rankings_total", "Rankings that ended.", [
    "model",
    "outcome",
  ]);
  const allDocuments = make.counter(
    "rerankd_documents_total",
    "Documents that were ranked.",
    labels,
  );
  const allTokens = make.counter(
    "rerankd_tokens_total",
    "Tokens of rankings that the model read.",
    labels,
  );
  const allSizes = make.histogram(
    "rerankd_ranking_documents",
    "Documents of one ranking.",
    documentBuckets,
    labels,
  );
  const stages = make.histogram(
    "rerankd_stage_duration_seconds",
    "Time of answered rankings by stage.",
    durationBuckets,
    ["model", "stage"],
  );

  return (reranker, model) => {
    const documents = allDocuments.labels({ model });
    const tokens = allTokens.labels({ model });
    const sizes = allSizes.labels({ model });
    const tokenize = stages.labels({ model, stage: "tokenize" });
    const queue = stages.labels({ model, stage: "queue" });
    const inference = stages.labels({ model, stage: "inference" });
    const count = (outcome: string, by = 1): void => allRankings.inc({ model, outcome }, by);
    for (const outcome of ["ok", failed, ...Object.values(outcomeOf)]) count(outcome, 0);

    /** Counts a ranking, or several that are one to the model. */
    async function meter(
      ranking: Promise<readonly RerankResult[]>,
      requests: readonly RerankRequest[],
    ): Promise<void> {
      try {
        const results = await ranking;
        const ranked = requests.reduce((sum, { documents: all }) => sum + all.length, 0);
        count("ok");
        documents.inc(ranked);
        sizes.observe(ranked);
        tokens.inc(results.reduce((sum, { totalTokens }) => sum + totalTokens, 0));
        const [first] = results;
        if (first === undefined) return;
        const { tokenizationMs, queueMs, inferenceMs } = first.timings;
        tokenize.observe(tokenizationMs / 1000);
        queue.observe(queueMs / 1000);
        inference.observe(inferenceMs / 1000);
      } catch (error) {
        const known = error instanceof RerankError ? outcomeOf[error.code] : undefined;
        count(known ?? failed);
        throw error;
      }
    }

    return {
      async rerank(request, call) {
        const ranking = reranker.rerank(request, call);
        await meter(
          ranking.then((result) => [result]),
          [request],
        );
        return await ranking;
      },
      async rerankTogether(requests, call) {
        const ranking = reranker.rerankTogether(requests, call);
        await meter(ranking, requests);
        return await ranking;
      },
    };
  };
}
