import { RerankError } from "../../../errors.ts";
import type { RerankRequest, RerankResult, Timings } from "../../../reranker/rerank-request.ts";
import { type FieldNames, withFieldNames } from "../../field-names.ts";
import { linkSignals } from "../../linked-signal.ts";
import { countCharacters, timingHeaders } from "../../timing-headers.ts";
import { createdNow, usageOf } from "../answer-parts.ts";
import { invalidField } from "../json-fields.ts";
import type { Dialect, JsonRouteContext } from "../json-route.ts";
import { type RankingOptions, readRankingOptions } from "../ranking-fields.ts";
import { type PairGroup, readScorePairs, type ScorePairs } from "./score-pairs.ts";

/** Queries of one request that are ranked at a time: enough to keep the model busy. */
const maxGroupsInFlight = 8;

/**
 * The dialect of vLLM's score API: pairs in, their scores out in the same order. Pairs with the
 * same query are ranked together; if one fails, the request fails.
 */
export const answerScore: Dialect = async (fields, context) => {
  const startedMs = performance.now();
  const { call, options } = context;
  const { maxLength, device } = options.health.report;
  const pairs = readScorePairs(fields);
  checkCount(pairs, options.serving.maxDocuments);
  const wanted = readRankingOptions(fields, maxLength);
  // Every pair has a score, and keeps its place.
  const ranking = {
    ...wanted,
    topN: undefined,
    scoreThreshold: undefined,
    scoreHabit: "model" as const,
  };

  const results = await rankGroups(pairs, ranking, context);
  const totalTokens = results.reduce((sum, result) => sum + result.totalTokens, 0);
  const characters = pairs.groups.reduce(
    (sum, { query, documents }) => sum + countCharacters(query, documents),
    0,
  );
  const timings = addTimings(results, performance.now() - startedMs);
  return {
    status: 200,
    headers: timingHeaders({ timings, totalTokens, characters, device }),
    body: {
      id: call.id,
      object: "list",
      created: createdNow(),
      model: results[0]?.model ?? options.serving.servedModels[0],
      data: dataOf(pairs, results),
      usage: usageOf(totalTokens),
    },
  };
};

function checkCount({ names, pairCount }: ScorePairs, maxDocuments: number): void {
  if (pairCount <= maxDocuments) return;
  throw invalidField(names[1], `must hold at most ${maxDocuments} texts`, String(pairCount));
}

async function rankGroups(
  pairs: ScorePairs,
  ranking: RankingOptions & Pick<RerankRequest, "scoreHabit">,
  context: JsonRouteContext,
): Promise<RerankResult[]> {
  const stop = linkSignals({ signals: [context.signal] });
  const results: RerankResult[] = [];
  const waiting = pairs.groups.entries();
  const work = async (): Promise<void> => {
    // All workers take from one iterator.
    for (const [position, group] of waiting) {
      const { query, documents } = group;
      const answer = context.rank({ ...ranking, query, documents }, stop.signal);
      results[position] = await withFieldNames(fieldNamesOf(pairs, group), answer);
    }
  };
  const workers = Array.from({ length: maxGroupsInFlight }, work);
  try {
    await Promise.all(workers);
    return results;
  } catch (error) {
    stop.abort(new RerankError("cancelled", "another pair of the request failed"));
    await Promise.allSettled(workers);
    throw error;
  } finally {
    stop.unlink();
  }
}

function fieldNamesOf({ names, isPaired }: ScorePairs, group: PairGroup): FieldNames {
  const [first, second] = names;
  return (field, index) => {
    if (field === "query") return isPaired ? `${first}[${group.pairs[0]}]` : first;
    return index === undefined ? second : `${second}[${group.pairs[index]}]`;
  };
}

function dataOf({ groups }: ScorePairs, results: readonly RerankResult[]): object[] {
  const data: object[] = [];
  for (const [position, { pairs }] of groups.entries()) {
    for (const { index, relevanceScore, truncated } of results[position]?.results ?? []) {
      const pair = pairs[index] ?? 0;
      const cut = truncated && { truncated };
      data[pair] = { index: pair, object: "score", score: relevanceScore, ...cut };
    }
  }
  return data;
}

/** Adds up the work; the total is the time that passed, as groups are ranked side by side. */
function addTimings(results: readonly RerankResult[], totalMs: number): Timings {
  const sumOf = (stage: keyof Timings): number =>
    results.reduce((sum, { timings }) => sum + timings[stage], 0);
  return {
    tokenizationMs: sumOf("tokenizationMs"),
    queueMs: sumOf("queueMs"),
    inferenceMs: sumOf("inferenceMs"),
    totalMs,
  };
}
