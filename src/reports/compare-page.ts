import type { Comparison, RunQuery } from "../evaluation/compare-runs.ts";
import { barChart, differenceChart } from "./charts.ts";
import { Html, html, pageOf, tableOf } from "./html.ts";
import { type ListedCandidate, ordersOf } from "./orders.ts";

/** Most queries whose orders are shown. */
const maxWorse = 20;

/**
 * Returns the page of a comparison: the difference with its interval and p value, bars of each list
 * beside BM25, and the queries that the second run orders worse than the first.
 */
export function comparePage(comparison: Comparison): string {
  const { names, lists, mean } = comparison;
  const [first, second] = names;
  const compared = [...lists, ...(lists.length > 1 ? [mean] : [])];
  const rows = compared.map((row) => [
    row.name,
    row.queries,
    row.first.toFixed(3),
    row.second.toFixed(3),
    signed(row.difference.mean),
    `${signed(row.difference.low)} to ${signed(row.difference.high)}`,
    row.p < 0.001 ? "< 0.001" : row.p.toFixed(3),
  ]);
  const heads = ["list", "queries", first, second, "difference", "95% interval", "p"];
  const series = ["BM25", first, second];
  const bars = lists.flatMap(({ name, bm25, ...means }) => [
    { group: name, series: "BM25", value: bm25 },
    { group: name, series: first, value: means.first },
    { group: name, series: second, value: means.second },
  ]);
  const differences = compared.map(({ name, difference: { mean, low, high } }) => {
    return { label: name, value: mean, low, high };
  });
  const body = html`
<p>nDCG@10 of the queries that both runs have. Intervals are those of the paired difference (percentile
bootstrap, 2,000 resamples of queries within lists); p is two-sided, of Fisher's randomization test
(10,000 trials).</p>
${tableOf(heads, rows, [1, 2, 3, 4, 5, 6])}
<p>${comparison.better} queries are better with <b>${second}</b>, ${comparison.worse.length} worse,
${comparison.equal} equal.</p>
<figure>${new Html(
    differenceChart(differences, {
      description: `Differences of ${second} from ${first}`,
      axis: "difference of nDCG@10",
    }),
  )}</figure>
<h2>Each list</h2>
<figure>${new Html(
    barChart(bars, series, {
      description: `nDCG@10 of BM25, ${first} and ${second} on each list`,
      axis: "nDCG@10",
      domain: [0, 1],
    }),
  )}</figure>
<h2>Queries that got worse</h2>
${worseQueries(comparison)}`;
  return pageOf({ title: `${second} against ${first}`, body });
}

function worseQueries({ names, worse }: Comparison): Html {
  if (worse.length === 0) return html`<p>None.</p>`;
  const shown = worse.slice(0, maxWorse).map(({ list, id, query, first, second }) => {
    const figures = `${first.ndcg.toFixed(3)} → ${second.ndcg.toFixed(3)}`;
    return html`<details>
<summary><bdi>${query}</bdi> <span class="note">${list}, ${id}: ${figures}</span></summary>
${ordersOf([
  { title: names[0], candidates: candidatesOf(first) },
  { title: names[1], candidates: candidatesOf(second) },
])}
</details>`;
  });
  return html`<p>The beginnings of the documents in both orders, with a mark behind what is relevant;
their ids, where a file has no texts. Queries that lost most come first${
    worse.length > maxWorse ? `, ${maxWorse} of ${worse.length}` : ""
  }.</p>
${shown}`;
}

/** Returns the first documents of an order, or their ids where the run does not tell their texts. */
function candidatesOf({ ranking, documents }: RunQuery): ListedCandidate[] {
  return ranking.map((id, at) => {
    const document = documents?.[at];
    return document
      ? { text: document.text, isRelevant: document.rel > 0 }
      : { text: id, isRelevant: false };
  });
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}
