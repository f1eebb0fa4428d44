import { bootstrapInterval, type Interval, macroMean } from "./bootstrap.ts";
import { pairedRandomizationTest } from "./paired-test.ts";

/** A document of an order, as far as a report shows it. */
export interface RankedDocument {
  /** The beginning of its text. */
  readonly text: string;
  /** 0 or less: not relevant. */
  readonly rel: number;
}

/** A query of an evaluation that is compared with another. */
export interface RunQuery {
  readonly id: string;
  readonly query: string;
  /** nDCG@10 of the reranked order, and of BM25's. */
  readonly ndcg: number;
  readonly bm25: number;
  /** Ids of the first candidates. */
  readonly ranking: readonly string[];
  /** The documents of these ids, in the same order; undefined: the run does not tell. */
  readonly documents?: readonly RankedDocument[] | undefined;
}

/** A run that is compared with another one. */
export interface EvaluatedRun {
  readonly name: string;
  readonly lists: readonly { readonly name: string; readonly queries: readonly RunQuery[] }[];
}

/** Two runs on the same queries, by nDCG@10. */
export interface ComparedMeans {
  readonly name: string;
  readonly queries: number;
  readonly bm25: number;
  readonly first: number;
  readonly second: number;
  /** The second less the first, of the same queries. */
  readonly difference: Interval;
  /** Two-sided, of Fisher's randomization test. */
  readonly p: number;
}

/** A query that the second run orders worse. */
export interface WorseQuery {
  readonly list: string;
  readonly id: string;
  readonly query: string;
  readonly first: RunQuery;
  readonly second: RunQuery;
}

/** What came of a comparison. */
export interface Comparison {
  /** The runs' names, which are not the same. */
  readonly names: readonly [string, string];
  readonly lists: readonly ComparedMeans[];
  /** Over lists; each counts the same. */
  readonly mean: ComparedMeans;
  readonly better: number;
  readonly equal: number;
  /** Those that lost most first. */
  readonly worse: readonly WorseQuery[];
  /** Queries that only one of the runs has, and that were left out. */
  readonly unpaired: number;
}

interface Pair {
  readonly first: RunQuery;
  readonly second: RunQuery;
}

/**
 * Compares two runs on the queries that both have: lists are paired by name, queries by id. Returns
 * undefined if they have no query in common.
 */
export function compareRuns(first: EvaluatedRun, second: EvaluatedRun): Comparison | undefined {
  const paired = first.lists.flatMap(({ name, queries }) => {
    const others = new Map(
      second.lists
        .filter((list) => list.name === name)
        .flatMap((list) => list.queries.map((query) => [query.id, query])),
    );
    const pairs = queries.flatMap((query): Pair[] => {
      const other = others.get(query.id);
      return other ? [{ first: query, second: other }] : [];
    });
    return pairs.length > 0 ? [{ name, pairs }] : [];
  });
  if (paired.length === 0) return undefined;
  const all = paired.flatMap(({ name, pairs }) => pairs.map((pair) => ({ list: name, ...pair })));
  const changeOf = ({ first, second }: Pair): number => second.ndcg - first.ndcg;
  const worse = all.filter((pair) => changeOf(pair) < 0);
  const count = ({ lists }: EvaluatedRun) =>
    lists.reduce((sum, { queries }) => sum + queries.length, 0);
  return {
    names: namesOf(first.name, second.name),
    lists: paired.map(({ name, pairs }) => compareMeans(name, [pairs])),
    mean: compareMeans(
      "mean of lists",
      paired.map(({ pairs }) => pairs),
    ),
    better: all.filter((pair) => changeOf(pair) > 0).length,
    equal: all.filter((pair) => changeOf(pair) === 0).length,
    worse: worse
      .toSorted((a, b) => changeOf(a) - changeOf(b))
      .map((pair) => ({ ...pair, id: pair.first.id, query: pair.first.query })),
    unpaired: count(first) + count(second) - 2 * all.length,
  };
}

function compareMeans(name: string, lists: readonly (readonly Pair[])[]): ComparedMeans {
  const valuesOf = (pick: (pair: Pair) => number) => lists.map((pairs) => pairs.map(pick));
  const differences = valuesOf(({ first, second }) => second.ndcg - first.ndcg);
  return {
    name,
    queries: lists.reduce((sum, pairs) => sum + pairs.length, 0),
    bm25: macroMean(valuesOf(({ first }) => first.bm25)),
    first: macroMean(valuesOf(({ first }) => first.ndcg)),
    second: macroMean(valuesOf(({ second }) => second.ndcg)),
    difference: bootstrapInterval(differences),
    p: pairedRandomizationTest(differences),
  };
}

function namesOf(first: string, second: string): readonly [string, string] {
  return first === second ? [`${first} (a)`, `${second} (b)`] : [first, second];
}
