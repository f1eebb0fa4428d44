import { invalidField, isAbsent, type JsonFields, readText, wrongType } from "../json-fields.ts";

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
export function readScorePairs(fields: JsonFields): ScorePairs {
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
