import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceBetween } from "../markers.ts";

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
};

/** The mean length of the benchmark's passages, 100 to 450 tokens, each with its query. */
const passageTokens = 275;

/** Passages in one request of the benchmark's table of resources. */
const passages = 10;

/** Returns the tables that pages copy from the benchmark's page, as they should be now. */
export async function copiedTables(root: string): Promise<readonly CopiedTable[]> {
  const text = await readFile(join(root, source), "utf8");
  const resources = between(text, "bench-resources");
  const threads = Number(/\| threads of each contender \| (\d+) \|/.exec(text)?.[1]);
  return [
    { page: "docs/guide.md", name: "bench-resources", table: resources },
    { page: "docs/guide.ko.md", name: "bench-resources", table: withKoreanHeadings(resources) },
    { page: "docs/scaling.md", name: "speed-per-core", table: speedTable(resources, threads) },
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
function speedTable(resources: string, threads: number): string {
  const [headings = "", , ...rows] = resources.split("\n");
  const column = cellsOf(headings).indexOf("10 passages, ms");
  const speeds = rows
    .map(cellsOf)
    .filter(([server]) => server === "rerankd")
    .map((cells) => {
      const ms = Number(cells[column]?.replaceAll(",", ""));
      const documents = (passages * 1000) / ms / threads;
      return `| ${cells[1]} | ${cells[2]} | ${round(documents)} | ${round(documents * passageTokens)} |`;
    });
  const heading = "| model | weights | documents/s of one core | tokens/s of one core |";
  return [heading, "| --- | --- | ---: | ---: |", ...speeds].join("\n");
}

/** Returns a number with two significant digits: the figures are no better than that. */
function round(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString("en-US");
}

function cellsOf(row: string): string[] {
  return row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}
