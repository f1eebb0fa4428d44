import { StartupError } from "../errors.ts";
import type { LabelledList } from "./labelled-query.ts";
import type { Judgment } from "./qrels.ts";
import { inRunOrder, type RunEntry } from "./trec-run.ts";

/** A run and what belongs to it. */
export interface JudgedRun {
  readonly name: string;
  readonly entries: readonly RunEntry[];
  readonly judgments: readonly Judgment[];
  /** Texts by id; at least those that the run names. */
  readonly queries: ReadonlyMap<string, string>;
  readonly documents: ReadonlyMap<string, string>;
}

/**
 * Returns a run as a labelled list. Documents without a judgment count as not relevant. Queries of
 * the run that nothing is relevant to are left out, as in trec_eval; a query for which the run found
 * nothing relevant stays and counts 0. Queries that are judged but not in the run do not count.
 * Throws a StartupError if the text of a query or document is missing.
 */
export function listOfRun(run: JudgedRun): LabelledList {
  const labels = new Map<string, Map<string, number>>();
  for (const { queryId, documentId, rel } of run.judgments) {
    labels.set(queryId, (labels.get(queryId) ?? new Map()).set(documentId, rel));
  }
  const entries = new Map<string, RunEntry[]>();
  for (const entry of run.entries) {
    const found = entries.get(entry.queryId);
    if (found) found.push(entry);
    else entries.set(entry.queryId, [entry]);
  }
  const judged = [...entries].filter(([id]) =>
    [...(labels.get(id)?.values() ?? [])].some((rel) => rel > 0),
  );
  const queries = judged.map(([id, found]) => ({
    id,
    query: textOf(run.queries, id, "query"),
    candidates: inRunOrder(found).map(({ documentId }) => ({
      id: documentId,
      text: textOf(run.documents, documentId, "document"),
      rel: labels.get(id)?.get(documentId) ?? 0,
    })),
    ideal: [...(labels.get(id)?.values() ?? [])],
  }));
  return { name: run.name, queries, skipped: entries.size - judged.length };
}

function textOf(texts: ReadonlyMap<string, string>, id: string, kind: string): string {
  const text = texts.get(id);
  if (text !== undefined) return text;
  const file = kind === "query" ? "--queries" : "--corpus";
  throw new StartupError(`the run has the ${kind} \`${id}\`, which is not in ${file}`);
}
