import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FigureResult, readResults } from "../../bench/report/results.ts";
import { markdownTable } from "../../bench/report/tables.ts";
import { publishedPath } from "../../bench/report/write-report.ts";
import { replaceBetween } from "./markers.ts";

/** A table that a page has from somewhere else, between the markers of its name. */
export interface CopiedTable {
  readonly page: string;
  readonly name: string;
  readonly table: string;
}

/** Where the benchmark writes what it measured. */
const source = "bench/README.md";

/** Korean for the headings of the benchmark's table of resources. */
const koreanHeadings: Readonly<Record<string, string>> = {
  server: "서버",
  model: "모델",
  weights: "가중치",
  "model size, MB": "모델 크기 (MB)",
  "start-up, ms": "시작 시간 (ms)",
  "memory when idle, MB": "대기 중 RAM (MB)",
  "memory at most, MB": "최대 RAM (MB)",
  "10 short notes, ms": "짧은 메모 10건 (ms)",
  "10 passages, ms": "긴 글 10건 (ms)",
  machine: "컴퓨터",
};

/** The mean length of the benchmark's passages, 100 to 450 tokens, each with its query. */
const passageTokens = 275;

/** Passages in one request of the benchmark's table of resources. */
const passages = 10;

/** Returns the tables that pages copy from the benchmark's page, as they should be now. */
export async function copiedTables(root: string): Promise<readonly CopiedTable[]> {
  const text = await readFile(join(root, source), "utf8");
  const resources = between(text, "bench-resources");
  const results = await readResults(join(root, publishedPath));
  return [
    { page: "docs/guide.md", name: "bench-resources", table: resources },
    { page: "docs/guide.ko.md", name: "bench-resources", table: withKoreanHeadings(resources) },
    { page: "docs/scaling.md", name: "speed-per-core", table: speedTable(results) },
  ];
}

/** Writes the copied tables into their pages. */
export async function copyTables(root: string): Promise<void> {
  for (const { page, name, table } of await copiedTables(root)) {
    const path = join(root, page);
    await writeFile(path, replaceBetween(await readFile(path, "utf8"), name, table));
  }
}

function between(text: string, name: string): string {
  const [, content] =
    new RegExp(`<!-- ${name}:start -->\n([\\s\\S]*?)\n<!-- ${name}:end -->`).exec(text) ?? [];
  if (content === undefined) throw new Error(`${source} has no markers of ${name}`);
  return content;
}

function withKoreanHeadings(table: string): string {
  const [headings = "", ...rows] = table.split("\n");
  const korean = cellsOf(headings).map((heading) => koreanHeadings[heading] ?? heading);
  return [`| ${korean.join(" | ")} |`, ...rows].join("\n");
}

/** Returns documents and tokens that one core reads in a second, for each model of the server. */
function speedTable(results: readonly FigureResult[]): string {
  const rows = results.filter(
    ({ figure, contender }) => figure === "resources" && String(contender).startsWith("rerankd"),
  );
  const speedOf = ({ ten_passages_ms, threads }: FigureResult) =>
    (passages * 1000) / Number(ten_passages_ms) / Number(threads);
  const table = markdownTable(rows, [
    ["model", ({ model }) => model],
    ["weights", ({ dtype }) => dtype],
    ["documents/s of one core", (row) => round(speedOf(row))],
    ["tokens/s of one core", (row) => round(speedOf(row) * passageTokens)],
  ]);
  if (table === undefined) throw new Error(`${publishedPath} has no result of \`resources\``);
  return table;
}

/** Returns a number with two significant digits: the figures are no better than that. */
function round(value: number): number {
  return Number(value.toPrecision(2));
}

function cellsOf(row: string): string[] {
  return row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}
