import { StartupError } from "../errors.ts";
import { inexactNumber, isExactNumber } from "../json/json-number.ts";
import { seededShuffle } from "./seeded-shuffle.ts";

/**
 * Parses one line of a labelled list: `{qid, query, all_rel?, cands: [{id, text, rel, score?}]}`.
 * `all_rel` holds the labels of all relevant texts; default: those of the candidates. Candidates
 * with scores are in BM25's order already. Without, their order means nothing, and it is often
 * relevant ones first, so they are shuffled, by the query's id. Throws a StartupError that begins
 * with `place` if the line is something else.
 */
export function parseLabelledQuery(line: string, place: string): LabelledQuery {
  const fields = asRecord(parseJson(line, place));
  if (typeof fields?.query !== "string" || !Array.isArray(fields.cands)) {
    throw wrong(place, "`query` must be a string and `cands` a list");
  }
  if (fields.query === "") throw wrong(place, "`query` must not be empty");
  const { qid } = fields;
  checkNumber(qid, "`qid`", place);
  const id = typeof qid === "string" || typeof qid === "number" ? String(qid) : fields.query;
  const found = fields.cands.map((value: unknown, at) => parseCandidate(value, at, place));
  const scored = found.length > 0 && found.every(({ score }) => score !== undefined);
  const labels = found.map(({ rel }) => rel);
  return {
    id,
    query: fields.query,
    candidates: (scored ? found : seededShuffle(found, id)).map(({ id, text, rel }) => ({
      id,
      text,
      rel,
    })),
    ideal: parseLabels(fields.all_rel, place) ?? labels,
    ...(scored ? { bm25: found.map(({ score }) => score ?? 0) } : {}),
  };
}

/** Whether an order of the candidates can be better than another: some are relevant, some not. */
export function hasBothKinds({ candidates }: LabelledQuery): boolean {
  return candidates.some(({ rel }) => rel > 0) && candidates.some(({ rel }) => rel <= 0);
}

function parseCandidate(
  value: unknown,
  at: number,
  place: string,
): Candidate & { readonly score: number | undefined } {
  const fields = asRecord(value);
  const { id = at, text, rel, score } = fields ?? {};
  if (typeof text !== "string" || !isLabel(rel)) {
    const wanted = `a string \`text\` and a number \`rel\` of ${maxLabel} at most`;
    throw wrong(place, `\`cands[${at}]\` must have ${wanted}`);
  }
  if (typeof id !== "string" && typeof id !== "number") {
    throw wrong(place, `\`cands[${at}].id\` must be a string or a number`);
  }
  checkNumber(id, `\`cands[${at}].id\``, place);
  if (score === undefined || score === null) {
    return { id: String(id), text, rel, score: undefined };
  }
  if (typeof score !== "number" || !Number.isFinite(score)) {
    throw wrong(place, `\`cands[${at}].score\` must be a finite number, or left out`);
  }
  return { id: String(id), text, rel, score };
}

function parseLabels(value: unknown, place: string): readonly number[] | undefined {
  if (value === undefined || value === null) return undefined;
  const isList = Array.isArray(value) && value.every(isLabel);
  if (!isList) throw wrong(place, `\`all_rel\` must be a list of numbers of ${maxLabel} at most`);
  return value.length > 0 ? value : undefined;
}

/** The highest label: the gain, 2^rel - 1, and its sums are finite far beyond it. */
const maxLabel = 100;

/** Whether a value says how relevant a text is. */
export function isLabel(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value <= maxLabel;
}

/** An id that is not read exactly may be the same as another one. */
function checkNumber(value: unknown, name: string, place: string): void {
  if (typeof value !== "number" || isExactNumber(value)) return;
  throw wrong(place, `${name} ${inexactNumber}`);
}

function parseJson(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new StartupError(`${place}: not JSON`, { cause });
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function wrong(place: string, problem: string): StartupError {
  return new StartupError(`${place}: ${problem}`, {
    hint: "a labelled list has lines of {qid, query, cands: [{id, text, rel, score?}], all_rel?}",
  });
}

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
  /**
   * How many further queries were left out because every order of their candidates is equally good.
   */
  readonly skipped: number;
}
