import type { EvalConfig } from "../config/eval-config.ts";
import { StartupError } from "../errors.ts";
import type { LabelledList } from "../evaluation/labelled-query.ts";
import { formatRun } from "../evaluation/trec-run.ts";
import { createProgressBar } from "../terminal/progress-bar.ts";
import { compare } from "./eval/compare.ts";
import { type EvalReport, formatEvalTable, reportOf } from "./eval/eval-report.ts";
import { readLists } from "./eval/read-lists.ts";
import { type RerankedLists, rerankLists } from "./eval/rerank-lists.ts";
import { checkDistinctFiles } from "./files/distinct-files.ts";
import { type AtomicFile, openAtomicFile, writeOutput } from "./files/write-output.ts";
import { openPage } from "./files/write-page.ts";
import { openRanker } from "./open-ranker.ts";
import type { ProcessContext } from "./process-context.ts";

/**
 * Reranks labelled lists or a run, and prints how good the order was and is. Progress goes to
 * `stderr`.
 */
export async function evaluate(config: EvalConfig, context: ProcessContext): Promise<void> {
  const { stdout, stderr } = context;
  await checkFiles(config);
  if (config.compare !== undefined) {
    await compare(config.compare, config, context);
    return;
  }
  const lists = await readLists(config, context.stop);
  if (config.out !== undefined) checkRunIds(lists);
  await using page = await openPage(config.html);
  const out = config.out === undefined ? undefined : await openAtomicFile(config.out, "out");
  try {
    const reranked = await rerank(lists, config, context);
    const report = reportOf(reranked);
    await writeRun(out, reranked);
    await page?.write(async () => {
      const { evalPage } = await import("../reports/eval-page.ts");
      return evalPage(reranked);
    });
    for (const { name, skipped } of report.lists) {
      if (skipped > 0) stderr.write(`note: ${name}: left out ${skipped}: ${whyLeftOut}\n`);
    }
    await writeOutput(stdout, config.json ? jsonOf(report) : formatEvalTable(report));
  } finally {
    await out?.discard();
  }
}

/** Rejects with a UsageError if what is written would take the place of what is read. */
async function checkFiles({ files, runFiles, compare, html, out }: EvalConfig): Promise<void> {
  const written = [
    { name: "--html", path: html },
    { name: "--out", path: out },
  ];
  const inputs = [...files, ...(compare ?? [])].map((path) => ({ name: "the input", path }));
  const ofRun = Object.entries(runFiles ?? {}).map(([flag, path]) => ({ name: `--${flag}`, path }));
  await checkDistinctFiles(written, [...inputs, ...ofRun]);
}

/**
 * Reason for leaving out queries: all of their candidates are relevant or none, or a run has no
 * judgments for them.
 */
const whyLeftOut = "queries that cannot tell a good order from a bad one";

async function rerank(
  lists: readonly LabelledList[],
  { server, engine, longDocuments }: EvalConfig,
  context: ProcessContext,
): Promise<RerankedLists> {
  const { env, stderr, stop } = context;
  const ranker = await openRanker({ server, engine }, context);
  const progress = createProgressBar(stderr, { env });
  try {
    return await rerankLists(lists, { ranker, longDocuments, progress, signal: stop });
  } finally {
    progress.done();
    await ranker.close();
  }
}

/**
 * Writes the reranked run. Query ids of several lists would clash, so they get their list's name.
 */
async function writeRun(
  out: AtomicFile | undefined,
  { model, lists }: RerankedLists,
): Promise<void> {
  if (out === undefined) return;
  const tag = model.replaceAll(/\s+/g, "_") || "rerankd";
  const runs = lists.flatMap(({ name, queries }) =>
    queries.map(({ ranking }) => {
      const entries = ranking.map((entry) => ({ ...entry, queryId: `${name}:${entry.queryId}` }));
      return formatRun(lists.length > 1 ? entries : ranking, tag);
    }),
  );
  await out.finish(runs.join(""));
}

/** The columns of a run are parted by white space, so no id may have any; and a pair stands there once. */
function checkRunIds(lists: readonly LabelledList[]): void {
  for (const { name, queries } of lists) {
    checkIds("query", queries, ` of ${name}`);
    for (const { id, candidates } of queries) {
      checkIds("candidate", candidates, ` of the query \`${id}\` of ${name}`);
    }
  }
  if (lists.length > 1) for (const { name } of lists) checkId(name);
}

function checkIds(kind: string, items: readonly { readonly id: string }[], where: string): void {
  const seen = new Set<string>();
  for (const { id } of items) {
    checkId(id);
    if (seen.has(id))
      throw new StartupError(`--out cannot hold the ${kind} \`${id}\`${where} twice`);
    seen.add(id);
  }
}

function checkId(id: string): void {
  if (id !== "" && !/\s/.test(id)) return;
  throw new StartupError(`--out cannot hold the id \`${id}\`: it has white space, or is empty`);
}

function jsonOf({ model, lists, mean }: EvalReport): string {
  const metrics = { ndcg: "nDCG@10", mrr: "MRR@10" };
  const figures = lists.map(({ perQuery, ...list }) => ({ ...list, per_query: perQuery }));
  return `${JSON.stringify({ model, metrics, lists: figures, mean })}\n`;
}
