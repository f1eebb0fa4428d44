import type { LabelledList, LabelledQuery } from "../../evaluation/labelled-query.ts";
import { type Figures, measureQuery } from "../../evaluation/ndcg-and-mrr.ts";
import type { RunEntry } from "../../evaluation/trec-run.ts";
import { formatDuration } from "../../terminal/progress.ts";
import type { ProgressBar } from "../../terminal/progress-bar.ts";
import type { Ranker } from "../open-ranker.ts";

/** A query with its new order and its metrics. */
export interface MeasuredQuery {
  readonly query: LabelledQuery;
  readonly figures: Figures;
  /** How long the ranker took, in milliseconds; two queries are on their way at a time. */
  readonly tookMs: number;
  /** Positions in the query's candidates, best first. */
  readonly order: readonly number[];
  /** The candidates from best to worst, with the model's logits. */
  readonly ranking: readonly RunEntry[];
}

/** A reranked list; queries in the list's order. */
export interface MeasuredList {
  readonly name: string;
  readonly skipped: number;
  readonly queries: readonly MeasuredQuery[];
}

/** Options of reranking lists. */
export interface RerankListsOptions {
  readonly ranker: Ranker;
  readonly longDocuments: "truncate" | "windows";
  readonly progress: ProgressBar;
  readonly signal: AbortSignal;
  /** Returns a time in milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/** Lists that were reranked, and who did it. */
export interface RerankedLists {
  readonly model: string;
  readonly lists: readonly MeasuredList[];
}

/** Requests on their way at a time: the next one is encoded while the model reads one. */
const inFlight = 2;

/** Reranks and measures every query. Rejects with the first error of the ranker. */
export async function rerankLists(
  lists: readonly LabelledList[],
  options: RerankListsOptions,
): Promise<RerankedLists> {
  const work = lists.flatMap((list) => list.queries.map((query) => ({ list, query })));
  const tick = createTicker(work, options);
  const measured = new Map<LabelledQuery, MeasuredQuery>();
  let model = "";
  let failed = false;
  const queue = work.values();
  // All lanes take from one queue, so each query is ranked once.
  const lane = async (): Promise<void> => {
    for (const { list, query } of queue) {
      if (failed) return;
      const answer = await rerankQuery(query, options);
      model = answer.model;
      measured.set(query, answer.measured);
      tick(list, query);
    }
  };
  const lanes = Array.from({ length: inFlight }, async () => {
    await lane().catch((error: unknown) => {
      failed = true;
      throw error;
    });
  });
  const ends = await Promise.allSettled(lanes);
  const end = ends.find(({ status }) => status === "rejected");
  if (end?.status === "rejected") throw end.reason;
  return {
    model,
    lists: lists.map(({ name, skipped, queries }) => ({
      name,
      skipped,
      queries: queries.map((query) => measured.get(query) as MeasuredQuery),
    })),
  };
}

async function rerankQuery(
  query: LabelledQuery,
  { ranker, longDocuments, signal, now = () => performance.now() }: RerankListsOptions,
): Promise<{ readonly model: string; readonly measured: MeasuredQuery }> {
  const documents = query.candidates.map(({ text }) => text);
  const startedMs = now();
  const { model, results } = await ranker.rerank(
    { query: query.query, documents, rawScores: true, longDocuments },
    { signal },
  );
  const tookMs = now() - startedMs;
  const ranking = results.map(({ index, relevanceScore }) => ({
    queryId: query.id,
    documentId: query.candidates[index]?.id ?? "",
    score: relevanceScore,
  }));
  const order = results.map(({ index }) => index);
  return {
    model,
    measured: { query, figures: measureQuery(query, order), tookMs, order, ranking },
  };
}

interface Work {
  readonly list: LabelledList;
  readonly query: LabelledQuery;
}

/** Shows progress by characters, because queries differ in length by orders of magnitude. */
function createTicker(
  work: readonly Work[],
  { progress, now = () => performance.now() }: RerankListsOptions,
): (list: LabelledList, query: LabelledQuery) => void {
  const charsOf = ({ candidates }: LabelledQuery): number =>
    candidates.reduce((sum, { text }) => sum + text.length, 0);
  const total = work.reduce((sum, { query }) => sum + charsOf(query), 0);
  const startedMs = now();
  let chars = 0;
  let done = 0;
  return ({ name }, query) => {
    chars += charsOf(query);
    done += 1;
    const share = done === work.length ? 1 : chars / Math.max(1, total);
    const leftMs = share > 0 ? ((now() - startedMs) * (1 - share)) / share : 0;
    const numbers = `${done} of ${work.length} queries, ${formatDuration(leftMs)} left`;
    progress.update({ share, numbers, label: name });
  };
}
