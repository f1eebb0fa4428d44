import { bootstrapInterval } from "../evaluation/bootstrap.ts";
import type { LabelledQuery } from "../evaluation/labelled-query.ts";
import type { Figures, Orders } from "../evaluation/ndcg-and-mrr.ts";
import { type Bar, barChart, histogram } from "./charts.ts";
import { Html, html, pageOf, tableOf } from "./html.ts";
import { candidatesOf, ordersOf } from "./orders.ts";

/** A query on the page of an evaluation. */
export interface ReportedQuery {
  readonly query: LabelledQuery;
  readonly figures: Figures;
  /** Positions in the query's candidates, best first. */
  readonly order: readonly number[];
  readonly tookMs: number;
}

/** The results of an evaluation. */
export interface ReportedEvaluation {
  readonly model: string;
  readonly lists: readonly {
    readonly name: string;
    readonly queries: readonly ReportedQuery[];
  }[];
}

const orders = ["input", "bm25", "reranked"] as const satisfies readonly (keyof Orders)[];
const titles = { input: "input order", bm25: "BM25", reranked: "reranked" } as const;
const metrics = [
  { key: "ndcg", title: "nDCG@10" },
  { key: "mrr", title: "MRR@10" },
] as const;

/** Queries whose texts are shown. */
const maxWorse = 20;

/**
 * Returns the page of an evaluation: the macro figures with bootstrap intervals, bars of each list,
 * the queries whose order got worse, and how long texts and rankings were.
 */
export function evalPage({ model, lists }: ReportedEvaluation): string {
  const queries = lists.flatMap((list) => list.queries);
  const title = `${model} on ${lists.length === 1 ? lists[0]?.name : `${lists.length} lists`}`;
  const body = html`
<p>${queries.length} queries. Each list counts the same in the mean. The intervals hold 95% of means
over resampled queries (percentile bootstrap, 2,000 resamples).</p>
<h2>Mean of lists</h2>
${macroTable(lists)}
<h2>Each list</h2>
${metrics.map(({ key, title }) => listChart(lists, key, title))}
<h2>Queries that got worse</h2>
${worseQueries(lists)}
<h2>Lengths and times</h2>
${spread(queries)}`;
  return pageOf({ title, body });
}

type Lists = ReportedEvaluation["lists"];

function macroTable(lists: Lists): Html {
  const rows = metrics.map(({ key, title }) => [
    title,
    ...orders.map((order) => {
      const values = lists.map(({ queries }) => queries.map(({ figures }) => figures[key][order]));
      const { mean, low, high } = bootstrapInterval(values);
      return `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
    }),
  ]);
  return tableOf(["", ...orders.map((order) => titles[order])], rows, [1, 2, 3]);
}

function listChart(lists: Lists, key: "ndcg" | "mrr", title: string): Html {
  const bars: Bar[] = lists.flatMap(({ name, queries }) =>
    orders.map((order) => {
      const { mean, low, high } = bootstrapInterval([
        queries.map(({ figures }) => figures[key][order]),
      ]);
      return { group: name, series: titles[order], value: mean, low, high };
    }),
  );
  const series = orders.map((order) => titles[order]);
  const description = `${title} of each list: ${bars
    .map(({ group, series, value }) => `${group} ${series} ${value.toFixed(3)}`)
    .join(", ")}`;
  const chart = barChart(bars, series, { description, axis: title, domain: [0, 1] });
  return html`<figure>${new Html(chart)}</figure>`;
}

function worseQueries(lists: Lists): Html {
  const worse = lists
    .flatMap(({ name, queries }) => queries.map((query) => ({ name, ...query })))
    .map((one) => ({ ...one, change: one.figures.ndcg.reranked - one.figures.ndcg.input }))
    .filter(({ change }) => change < 0)
    .sort((a, b) => a.change - b.change);
  if (worse.length === 0) return html`<p>None: no query has a lower nDCG@10 than it came with.</p>`;
  const shown = worse.slice(0, maxWorse).map(({ name, query, order, figures: { ndcg } }) => {
    const figures = `${ndcg.input.toFixed(3)} → ${ndcg.reranked.toFixed(3)}`;
    return html`<details>
<summary><bdi>${query.query}</bdi> <span class="note">${name}, ${query.id}: ${figures}</span></summary>
${ordersOf([
  { title: "as it came", candidates: candidatesOf(query, [...query.candidates.keys()]) },
  { title: "reranked", candidates: candidatesOf(query, order) },
])}
</details>`;
  });
  return html`<p>${worse.length} queries have a lower nDCG@10 than they came with${
    worse.length > maxWorse ? `; the ${maxWorse} that lost most` : ""
  }. A mark stands behind what is relevant.</p>
${shown}`;
}

function spread(queries: readonly ReportedQuery[]): Html {
  const lengths = queries.flatMap(({ query }) => query.candidates.map(({ text }) => text.length));
  const times = queries.map(({ tookMs }) => tookMs);
  const rows = [
    ["characters of a candidate", ...quantilesOf(lengths).map((value) => value.toFixed(0))],
    ["milliseconds of a query", ...quantilesOf(times).map((value) => value.toFixed(1))],
  ];
  const length = { axis: "characters of a candidate", count: "candidates" };
  const time = { axis: "milliseconds of a query", count: "queries" };
  return html`${tableOf(["", "least", "median", "95%", "most"], rows, [1, 2, 3, 4])}
<figure>${new Html(histogram(lengths, { ...length, description: "How long candidates are" }))}</figure>
<figure>${new Html(histogram(times, { ...time, description: "How long rankings took" }))}
<figcaption>Two queries are ranked at a time, and each waits for the other.</figcaption></figure>`;
}

function quantilesOf(numbers: readonly number[]): number[] {
  const sorted = [...numbers].sort((a, b) => a - b);
  return [0, 0.5, 0.95, 1].map((share) => sorted[Math.round(share * (sorted.length - 1))] ?? 0);
}
