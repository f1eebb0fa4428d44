import { StartupError } from "../errors.ts";

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
  if ((words.length === 3 || words.length === 4) && /^[+-]?\d+(\.\d+)?$/.test(label)) {
    return { queryId: queryId ?? "", documentId: documentId ?? "", rel: Number(label) };
  }
  throw new StartupError(
    `${place}: a line of judgments must be \`qid iter docid rel\` or \`qid docid rel\``,
  );
}
