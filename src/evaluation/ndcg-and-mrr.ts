import { createBm25 } from "./bm25.ts";
import type { LabelledQuery } from "./labelled-query.ts";

/**
 * The values of one metric (nDCG@10 or MRR@10), 0 to 1, for three orders of the same candidates.
 */
export interface Orders {
  /** The order in which they came. */
  readonly input: number;
  readonly bm25: number;
  readonly reranked: number;
}

/** nDCG@10 and MRR@10 of rankings. */
export interface Figures {
  readonly ndcg: Orders;
  readonly mrr: Orders;
}

/**
 * Measures one query. `reranked` holds positions in `query.candidates`, best first. BM25 is the one
 * that the list came with, else computed over the candidates. Candidates that it finds equal keep
 * the order in which they came.
 */
export function measureQuery(query: LabelledQuery, reranked: readonly number[]): Figures {
  const { candidates, ideal } = query;
  const scores = query.bm25 ?? createBm25(candidates.map(({ text }) => text))(query.query);
  const byBm25 = [...candidates.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const labelsOf = (order: readonly number[]) => order.map((at) => candidates[at]?.rel ?? 0);
  const [input, bm25, model] = [
    labelsOf([...candidates.keys()]),
    labelsOf(byBm25),
    labelsOf(reranked),
  ] as const;
  const measure = (metric: (labels: readonly number[]) => number): Orders => ({
    input: metric(input),
    bm25: metric(bm25),
    reranked: metric(model),
  });
  return {
    ndcg: measure((labels) => ndcgAt10(labels, ideal)),
    mrr: measure(reciprocalRankAt10),
  };
}

/** Returns the mean of each figure; NaN if there are none. */
export function meanOf(figures: readonly Figures[]): Figures {
  const mean = (pick: (one: Figures) => number): number =>
    figures.reduce((sum, one) => sum + pick(one), 0) / figures.length;
  const orders = (pick: (one: Figures) => Orders): Orders => ({
    input: mean((one) => pick(one).input),
    bm25: mean((one) => pick(one).bm25),
    reranked: mean((one) => pick(one).reranked),
  });
  return { ndcg: orders(({ ndcg }) => ndcg), mrr: orders(({ mrr }) => mrr) };
}

/**
 * Returns 1 / place of the first relevant document (label above 0) among the first ten, else 0. The
 * mean over queries is MRR@10.
 */
export function reciprocalRankAt10(ranked: readonly number[]): number {
  const place = ranked.slice(0, metricDepth).findIndex((label) => label > 0);
  return place < 0 ? 0 : 1 / (place + 1);
}

/** How many places of a ranking count, for every metric here. */
const metricDepth = 10;

/**
 * Returns nDCG@10 of a ranking: its discounted gain over the best possible one, 0 to 1. The gain of
 * a document is 2^rel - 1, 0 for labels below 0; place i, from 1, counts 1 / log2(i + 1). `ideal`
 * holds the labels of all documents that could have been found, in any order. Returns 0 if none of
 * them is relevant.
 */
export function ndcgAt10(ranked: readonly number[], ideal: readonly number[]): number {
  const best = discountedGain([...ideal].sort((a, b) => b - a));
  return best === 0 ? 0 : discountedGain(ranked) / best;
}

function discountedGain(labels: readonly number[]): number {
  return labels
    .slice(0, metricDepth)
    .reduce((sum, label, place) => sum + gainOf(label) / Math.log2(place + 2), 0);
}

function gainOf(label: number): number {
  return label > 0 ? 2 ** label - 1 : 0;
}
