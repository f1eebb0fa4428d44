import { StartupError } from "../errors.ts";
import { isLabel } from "./labelled-query.ts";

/** One line of a TREC run. */
export interface RunEntry {
  readonly queryId: string;
  readonly documentId: string;
  readonly score: number;
}

/**
 * Reads one line of a TREC run, `qid Q0 docid rank score tag`. The rank is not looked at, as in
 * trec_eval. Throws a StartupError that begins with `place` if the line is something else.
 */
export function parseRunLine(line: string, place: string): RunEntry {
  const words = line.trim().split(/\s+/);
  const [queryId, , documentId, , score] = words;
  if (words.length >= 5 && queryId && documentId && Number.isFinite(Number(score))) {
    return { queryId, documentId, score: Number(score) };
  }
  throw new StartupError(`${place}: a line of a run must be \`qid Q0 docid rank score tag\``);
}

/**
 * Returns a query's entries from best to worst as trec_eval orders them: by score, which it keeps as
 * a float32, and equal scores by document id, the greater first.
 */
export function inRunOrder(entries: readonly RunEntry[]): RunEntry[] {
  return [...entries].sort(
    (a, b) => Math.fround(b.score) - Math.fround(a.score) || (a.documentId < b.documentId ? 1 : -1),
  );
}

/** Returns the lines of a ranking in TREC's format, with ranks from 1. */
export function formatRun(ranking: readonly RunEntry[], tag: string): string {
  return ranking
    .map(
      ({ queryId, documentId, score }, at) =>
        `${queryId} Q0 ${documentId} ${at + 1} ${score} ${tag}\n`,
    )
    .join("");
}

/** How relevant a document is to a query. */
export interface Judgment {
  readonly queryId: string;
  readonly documentId: string;
  readonly rel: number;
}

/**
 * Reads one line of relevance judgments: TREC's `qid iter docid rel` or BEIR's `qid docid rel`.
 * Returns undefined for the head line of BEIR's files. Throws a StartupError that begins with
 * `place` if the line is something else.
 */
export function parseQrelsLine(line: string, place: string): Judgment | undefined {
  const words = line.trim().split(/\s+/);
  const [queryId, documentId] = words.length === 3 ? words : [words[0], words[2]];
  const label = words.at(-1) ?? "";
  if (words.length === 3 && documentId === "corpus-id") return undefined;
  const rel = Number(label);
  const isNumber = /^[+-]?\d+(\.\d+)?$/.test(label) && isLabel(rel);
  if ((words.length === 3 || words.length === 4) && isNumber) {
    return { queryId: queryId ?? "", documentId: documentId ?? "", rel };
  }
  throw new StartupError(
    `${place}: a line of judgments must be \`qid iter docid rel\` or \`qid docid rel\``,
  );
}
