import type { RankConfig } from "../config/rank-config.ts";
import { hasColors } from "../terminal/has-colors.ts";
import { formatRankTable } from "../terminal/rank-table.ts";
import { checkDistinctFiles } from "./files/distinct-files.ts";
import { type InputDocument, parseDocuments } from "./files/parse-documents.ts";
import { readInput } from "./files/read-input.ts";
import { writeOutput } from "./files/write-output.ts";
import { openPage } from "./files/write-page.ts";
import { openRanker, type Ranking } from "./open-ranker.ts";
import type { ProcessContext } from "./process-context.ts";

/** Width of a table if the terminal's width is unknown; some terminals report 0. */
const defaultColumns = 80;

/** Ranks the documents of a file or of the standard input, and prints them. */
export async function rank(config: RankConfig, context: ProcessContext): Promise<void> {
  const { stdout, stderr, env, stop } = context;
  await checkDistinctFiles(
    [{ name: "--html", path: config.html }],
    [{ name: "the input", path: config.file }],
  );
  const { name, bytes } = await readInput(config.file, context);
  const documents = parseDocuments(bytes, { name, format: config.inputFormat });
  await using page = await openPage(config.html);
  const ranking = await rankDocuments(config, documents, context);
  await page?.write(() => pageOf(config.query, ranking, documents));
  const asTable =
    config.outputFormat === "table" || (config.outputFormat === "auto" && stdout.isTTY === true);
  if (!asTable) {
    await writeOutput(stdout, jsonLinesOf(ranking, documents));
    return;
  }
  const rows = ranking.results.map(({ index, relevanceScore }) => ({
    score: relevanceScore,
    text: documents[index]?.text ?? "",
  }));
  const table = formatRankTable(rows, {
    columns: stdout.columns || defaultColumns,
    color: hasColors(stdout, env),
    rawScores: config.rawScores,
  });
  await writeOutput(stdout, table);
  const cut = ranking.results.filter(({ truncated }) => truncated).length;
  if (cut > 0 && !stop.aborted) {
    const hint = "`--long-documents windows` reads all of them";
    stderr.write(`note: ${cut} of ${rows.length} results were cut to fit the model; ${hint}\n`);
  }
}

async function rankDocuments(
  { query, topN, rawScores, longDocuments, scoreThreshold, server, engine }: RankConfig,
  documents: readonly InputDocument[],
  context: ProcessContext,
): Promise<Ranking> {
  const ranker = await openRanker({ server, engine }, context);
  try {
    const texts = documents.map(({ text }) => text);
    return await ranker.rerank(
      { query, documents: texts, topN, rawScores, longDocuments, scoreThreshold },
      { signal: context.stop },
    );
  } finally {
    await ranker.close();
  }
}

async function pageOf(
  query: string,
  { model, results }: Ranking,
  documents: readonly InputDocument[],
): Promise<string> {
  const { rankPage } = await import("../reports/rank-page.ts");
  return rankPage({
    model,
    query,
    documents: documents.length,
    results: results.map(({ index, relevanceScore, truncated, passage }) => {
      const text = documents[index]?.text ?? "";
      return { index, score: relevanceScore, text, truncated, passage };
    }),
  });
}

function jsonLinesOf({ results }: Ranking, documents: readonly InputDocument[]): string {
  const lines = results.map(({ index, relevanceScore, truncated, passage }, at) =>
    JSON.stringify({
      rank: at + 1,
      index,
      relevance_score: relevanceScore,
      id: documents[index]?.id,
      text: documents[index]?.text,
      ...(truncated ? { truncated } : {}),
      passage,
    }),
  );
  return lines.map((line) => `${line}\n`).join("");
}
