/** A text that may answer a query, and whether it does. */
export interface Candidate {
  readonly id: string;
  readonly text: string;
  /** 0 or less: not relevant; higher is more relevant. */
  readonly rel: number;
}

/** A query with its labelled candidates, as they come from a search. */
export interface LabelledQuery {
  readonly id: string;
  readonly query: string;
  /** In the order that is to be improved. */
  readonly candidates: readonly Candidate[];
  /** Labels of all relevant texts, found or not. */
  readonly ideal: readonly number[];
  /** BM25's score of each candidate, where the list came with it. */
  readonly bm25?: readonly number[] | undefined;
}

/** Queries that are averaged together. */
export interface LabelledList {
  readonly name: string;
  readonly queries: readonly LabelledQuery[];
  /** How many further queries were left out because their order cannot be told good from bad. */
  readonly skipped: number;
}
