import { shorten } from "../../characters.ts";
import type { RankedDocument } from "../../evaluation/compare-runs.ts";
import { type Figures, meanOf, type Orders } from "../../evaluation/ndcg-and-mrr.ts";
import type { MeasuredQuery, RerankedLists } from "./rerank-lists.ts";

/** The mean nDCG@10 and MRR@10 of one list. */
export interface ListFigures extends Figures {
  readonly name: string;
  readonly queries: number;
  /** Queries that were left out. */
  readonly skipped: number;
  readonly perQuery: readonly QueryFigures[];
}

/** The figures of one query, and what a comparison with another run needs. */
export interface QueryFigures extends Figures {
  readonly id: string;
  readonly query: string;
  /** Ids of the first ten candidates of the reranked order. */
  readonly ranking: readonly string[];
  /** The documents of these ids, in the same order. */
  readonly documents: readonly RankedDocument[];
}

/** The results of an evaluation. */
export interface EvalReport {
  readonly model: string;
  readonly lists: readonly ListFigures[];
  /** The mean of the lists' figures; each list counts the same, however many queries it has. */
  readonly mean: Figures;
}

/** The ranks that nDCG@10 and MRR@10 look at. */
const ranksShown = 10;
/** Characters of a document that tell it from others. */
const maxTextChars = 120;
const digits = 3;
const gap = "  ";
const ordersShown = ["input", "bm25", "reranked"] as const satisfies readonly (keyof Orders)[];
const titles = { input: "input", bm25: "BM25", reranked: "reranked" } as const;

/** Returns the means of each list and over the lists. */
export function reportOf({ model, lists }: RerankedLists): EvalReport {
  const figures = lists.map(({ name, skipped, queries }) => ({
    name,
    queries: queries.length,
    skipped,
    ...meanOf(queries.map((query) => query.figures)),
    perQuery: queries.map(figuresOf),
  }));
  return { model, lists: figures, mean: meanOf(figures) };
}

function figuresOf({ query, figures, order }: MeasuredQuery): QueryFigures {
  const first = order.slice(0, ranksShown).flatMap((position) => query.candidates[position] ?? []);
  return {
    id: query.id,
    query: query.query,
    ...figures,
    ranking: first.map(({ id }) => id),
    documents: first.map(({ text, rel }) => ({ text: shorten(text, maxTextChars), rel })),
  };
}

/** Returns the report as a table with a line for each list, and one for the mean of several. */
export function formatEvalTable({ lists, mean }: EvalReport): string {
  const queries = lists.reduce((sum, list) => sum + list.queries, 0);
  const rows = lists.length > 1 ? [...lists, { name: "mean of lists", queries, ...mean }] : lists;
  const nameColumns = Math.max(...rows.map(({ name }) => name.length), "list".length);
  const countColumns = "queries".length;
  const widths = ordersShown.map((order) => Math.max(titles[order].length, digits + 2));
  const metricColumns = widths.reduce((sum, width) => sum + width + gap.length, -gap.length);
  const cells = (texts: readonly string[]) =>
    texts.map((text, at) => text.padStart(widths[at % widths.length] ?? 0)).join(gap);
  const heads = ordersShown.map((order) => titles[order]);
  const lines = rows.map((row) =>
    [
      row.name.padEnd(nameColumns),
      String(row.queries).padStart(countColumns),
      cells(
        [row.ndcg, row.mrr].flatMap((orders) =>
          ordersShown.map((order) => orders[order].toFixed(digits)),
        ),
      ),
    ].join(gap),
  );
  const metrics = [
    "".padEnd(nameColumns),
    "".padEnd(countColumns),
    "nDCG@10".padEnd(metricColumns),
    "MRR@10",
  ].join(gap);
  const head = ["list".padEnd(nameColumns), "queries", cells([...heads, ...heads])].join(gap);
  return `${[metrics, head, ...lines].join("\n")}\n`;
}
