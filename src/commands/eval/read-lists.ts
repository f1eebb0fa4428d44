import { basename } from "node:path";
import type { EvalConfig, RunFiles } from "../../config/eval-config.ts";
import { StartupError } from "../../errors.ts";
import {
  hasBothKinds,
  type LabelledList,
  type LabelledQuery,
  parseLabelledQuery,
} from "../../evaluation/labelled-query.ts";
import { listOfRun, parseTextLine } from "../../evaluation/list-of-run.ts";
import { seededSample } from "../../evaluation/seeded-shuffle.ts";
import { parseQrelsLine, parseRunLine, type RunEntry } from "../../evaluation/trec-run.ts";
import { readLines } from "../files/read-input.ts";

/**
 * Reads the queries to be measured: each file as a list, or the run. Throws a StartupError if a
 * list has nothing to measure.
 */
export async function readLists(
  { files, runFiles, limit, depth }: EvalConfig,
  signal: AbortSignal,
): Promise<LabelledList[]> {
  const lists: LabelledList[] = [];
  for (const file of files) lists.push(await readLabelledList(file, signal));
  if (runFiles) lists.push(await readRun(runFiles, signal));
  return withOwnNames(lists).map((list) => {
    if (list.queries.length === 0) {
      throw new StartupError(`${list.name} has no query with a relevant candidate and another`);
    }
    const queries = limit ? seededSample(list.queries, limit, list.name) : list.queries;
    return { ...list, queries: queries.map((query) => firstCandidates(query, depth)) };
  });
}

/** Returns lists with names that tell them apart: a further `list` of another folder is `list-2`. */
function withOwnNames(lists: readonly LabelledList[]): LabelledList[] {
  const taken = new Set<string>();
  return lists.map((list) => {
    let { name } = list;
    for (let count = 2; taken.has(name); count += 1) name = `${list.name}-${count}`;
    taken.add(name);
    return { ...list, name };
  });
}

/** Returns the name of a file without its folder and without the endings of lists. */
function nameOf(path: string): string {
  return basename(path)
    .replace(/\.gz$/, "")
    .replace(/\.(jsonl|ndjson|json|txt|trec|run)$/, "");
}

async function readLabelledList(path: string, signal: AbortSignal): Promise<LabelledList> {
  const queries: LabelledQuery[] = [];
  let skipped = 0;
  for await (const { text, place } of readLines(path, signal)) {
    const query = parseLabelledQuery(text, place);
    if (hasBothKinds(query)) queries.push(query);
    else skipped += 1;
  }
  return { name: nameOf(path), queries, skipped };
}

async function readRun(files: RunFiles, signal: AbortSignal): Promise<LabelledList> {
  const entries: RunEntry[] = [];
  for await (const { text, place } of readLines(files.run, signal)) {
    entries.push(parseRunLine(text, place));
  }
  const judgments = [];
  for await (const { text, place } of readLines(files.qrels, signal)) {
    judgments.push(parseQrelsLine(text, place) ?? []);
  }
  const readTexts = async (path: string, wanted: ReadonlySet<string>) => {
    const texts = new Map<string, string>();
    for await (const { text, place } of readLines(path, signal)) {
      const entry = parseTextLine(text, place);
      if (wanted.has(entry.id)) texts.set(entry.id, entry.text);
    }
    return texts;
  };
  return listOfRun({
    name: nameOf(files.run),
    entries,
    judgments: judgments.flat(),
    queries: await readTexts(files.queries, new Set(entries.map(({ queryId }) => queryId))),
    documents: await readTexts(files.corpus, new Set(entries.map(({ documentId }) => documentId))),
  });
}

function firstCandidates(query: LabelledQuery, depth: number | undefined): LabelledQuery {
  return {
    ...query,
    candidates: query.candidates.slice(0, depth),
    bm25: query.bm25?.slice(0, depth),
  };
}
