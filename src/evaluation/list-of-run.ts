import { StartupError } from "../errors.ts";
import { inexactNumber, isExactNumber } from "../json/json-number.ts";
import type { LabelledList } from "./labelled-query.ts";
import { inRunOrder, type Judgment, type RunEntry } from "./trec-run.ts";

/** A TREC run with its judgments and texts. */
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
 * Throws a StartupError if the text of a query or document is missing, or that of a query is empty.
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
  const file = kind === "query" ? "--queries" : "--corpus";
  if (text === "" && kind === "query") {
    throw new StartupError(`the query \`${id}\` of ${file} must not be empty`);
  }
  if (text !== undefined) return text;
  throw new StartupError(`the run has the ${kind} \`${id}\`, which is not in ${file}`);
}

/** A text under its id. */
export interface TextEntry {
  readonly id: string;
  readonly text: string;
}

/**
 * Reads one line of a file of queries or documents: `id<TAB>text`, further columns joined by spaces,
 * or a JSON object with `_id`, `id` or `qid`, and `text`, `contents` or `query`; a `title` is put
 * before the text, as BEIR does. Throws a StartupError that begins with `place` if the line is
 * something else.
 */
export function parseTextLine(line: string, place: string): TextEntry {
  if (line.trimStart().startsWith("{")) return parseJsonLine(line, place);
  const [id, ...columns] = line.split("\t");
  if (!id || columns.length === 0) throw wrong(place);
  return { id: id.trim(), text: columns.join(" ").trim() };
}

function parseJsonLine(line: string, place: string): TextEntry {
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(line);
  } catch (cause) {
    throw new StartupError(`${place}: not JSON`, { cause });
  }
  const id = fields._id ?? fields.id ?? fields.qid;
  const text = fields.text ?? fields.contents ?? fields.query;
  const isId = typeof id === "string" || typeof id === "number";
  if (!isId || typeof text !== "string") throw wrong(place);
  if (typeof id === "number" && !isExactNumber(id)) {
    throw new StartupError(`${place}: the id ${inexactNumber}`);
  }
  const title = typeof fields.title === "string" ? fields.title : "";
  return { id: String(id), text: `${title} ${text}`.trim() };
}

function wrong(place: string): StartupError {
  return new StartupError(`${place}: a line must be \`id<TAB>text\` or {"_id": …, "text": …}`);
}
