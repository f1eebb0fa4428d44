import { RerankError } from "../../../errors.ts";
import type { RerankRequest, RerankResult, Timings } from "../../../reranker/rerank-request.ts";
import { type FieldNames, renameFields } from "../../call/field-names.ts";
import { countCharacters, timingHeaders } from "../../call/timing-headers.ts";
import { createdNow, usageOf } from "../answer-parts.ts";
import { invalidField, isAbsent, type JsonFields, readText, wrongType } from "../json-fields.ts";
import type { Dialect, JsonRouteContext } from "../json-route.ts";
import { type RankingOptions, readRankingOptions } from "../ranking-fields.ts";

const noTime: Timings = { tokenizationMs: 0, queueMs: 0, inferenceMs: 0, totalMs: 0 };

/**
 * The dialect of vLLM's score API: pairs in, their scores out in the same order. Pairs with the
 * same query are read together. The whole request is taken or refused at once; if one pair fails,
 * the request fails.
 */
export const answerScore: Dialect = async (fields, context) => {
  const { call, options } = context;
  const pairs = readScorePairs(fields);
  checkCount(pairs, options.limits.maxDocuments);
  const wanted = readRankingOptions(fields);
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
  const [first] = results;
  const model = first?.model ?? (wanted.model || options.models.all[0].names[0]);
  const { device } = (options.models.find(model) ?? options.models.all[0]).health.report;
  const { timings = noTime } = first ?? {};
  return {
    status: 200,
    headers: timingHeaders({ timings, totalTokens, characters, device }),
    body: {
      id: call.id,
      object: "list",
      created: createdNow(),
      model,
      data: dataOf(pairs, results),
      usage: usageOf(totalTokens),
    },
  };
};

function checkCount({ names, pairCount }: ScorePairs, maxDocuments: number): void {
  if (pairCount <= maxDocuments) return;
  throw invalidField(names[1], `must hold at most ${maxDocuments} texts`, String(pairCount));
}

/** Ranks all groups as one request; a failure names the fields of the group at fault. */
async function rankGroups(
  pairs: ScorePairs,
  ranking: RankingOptions & Pick<RerankRequest, "scoreHabit">,
  { rankTogether }: JsonRouteContext,
): Promise<RerankResult[]> {
  const requests = pairs.groups.map(({ query, documents }) => ({ ...ranking, query, documents }));
  try {
    return await rankTogether(requests);
  } catch (error) {
    const group =
      error instanceof RerankError && error.position !== undefined && pairs.groups[error.position];
    throw group ? renameFields(error, fieldNamesOf(pairs, group)) : error;
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

/** The pairs of a score request that share a query. */
export interface PairGroup {
  readonly query: string;
  /** The texts to score for it. */
  readonly documents: string[];
  /** The pair that each of them belongs to. */
  readonly pairs: number[];
}

/** What a score request asks for. */
export interface ScorePairs {
  /** The names of the two fields that hold the texts. */
  readonly names: readonly [string, string];
  /** Whether the first field holds a list with a query for each pair. */
  readonly isPaired: boolean;
  readonly pairCount: number;
  readonly groups: readonly PairGroup[];
}

/** The names that vLLM's clients may send the two sides under, as of different versions. */
export const nameForms = [
  ["text_1", "text_2"],
  ["queries", "documents"],
  ["queries", "items"],
  ["data_1", "data_2"],
] as const;

/**
 * Reads both sides of a score request, each a string or a list: one query for all, or one for each
 * pair. Throws a RerankError `invalid_argument` if they do not fit together.
 */
function readScorePairs(fields: JsonFields): ScorePairs {
  const [form = nameForms[0]] = nameForms.filter(([, second]) => !isAbsent(fields[second]));
  const [first, second] = form;
  const queries = readSide(fields, first);
  const documents = readSide(fields, second);
  const [onlyQuery] = queries;
  const isPaired = queries.length > 1;
  if (isPaired && queries.length !== documents.length) {
    const problem = `must hold one text, or as many as \`${second}\` (${documents.length})`;
    throw invalidField(first, problem, String(queries.length));
  }
  const groups = new Map<string, PairGroup>();
  for (const [pair, document] of documents.entries()) {
    const query = (isPaired ? queries[pair] : onlyQuery) ?? "";
    const group = groups.get(query) ?? { query, documents: [], pairs: [] };
    group.documents.push(document);
    group.pairs.push(pair);
    groups.set(query, group);
  }
  const pairCount = documents.length;
  return { names: form, isPaired, pairCount, groups: [...groups.values()] };
}

function readSide(fields: JsonFields, name: string): string[] {
  const value = fields[name];
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) throw wrongType(name, "a string or a list of strings", value);
  if (value.length === 0) throw invalidField(name, "must not be empty");
  return value.map((item: unknown, index) => readText(`${name}[${index}]`, item));
}
