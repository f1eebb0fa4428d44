import { createBm25 } from "../../../src/evaluation/bm25.ts";

/** Returns the documents' positions as BM25 orders them, best first; equal scores as they came. */
export function bm25Order(query: string, documents: readonly string[]): number[] {
  const scores = createBm25(documents)(query);
  return documents
    .map((_document, index) => index)
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
}

/** Returns for each document its place in an order, from 1; undefined where it is not in it. */
export function placesOf(order: readonly number[], total: number): (number | undefined)[] {
  const places = new Array<number | undefined>(total).fill(undefined);
  for (const [at, index] of order.entries()) places[index] = at + 1;
  return places;
}
