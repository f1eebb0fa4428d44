import type { FigureResult, RecordedFigure } from "./results.ts";

/** Returns the machine of a result, as tables name it; undefined: the result does not say. */
export function machineOf({ environment }: FigureResult): string | undefined {
  if (environment === null || typeof environment !== "object") return undefined;
  const { cpu, cores, memory_gb } = environment;
  return `${cpu.replaceAll(/\((R|TM)\)/g, "")}, ${cores} cores, ${memory_gb} GB`;
}

/** Returns the machines of results in order of first appearance. */
export function machinesOf(figures: readonly FigureResult[]): string[] {
  return [...new Set(figures.flatMap((figure) => machineOf(figure) ?? []))];
}

/**
 * Returns what was measured on which machine and with what, a column for each machine; undefined
 * without results.
 */
export function machineTable(figures: readonly RecordedFigure[]): string | undefined {
  const machines = machinesOf(figures);
  if (machines.length === 0) return undefined;
  const groups = machines.map((machine) => figures.filter((row) => machineOf(row) === machine));
  const rows = aspects.map(([what, describe]) => [what, ...groups.map(describe)]);
  return [["what", ...machines], ["---", ...machines.map(() => "---")], ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

/** What the table says of the results of one machine. */
const aspects: readonly (readonly [string, (figures: readonly RecordedFigure[]) => string])[] = [
  ["figures", (figures) => namesOf(figures.filter(({ figure }) => figure !== "corpus"))],
  ["platform", (figures) => byFigure(figures, ({ environment }) => environment.platform)],
  ["versions", versionsOf],
  ["threads of each contender", (figures) => byFigure(figures, ({ threads }) => String(threads))],
  ["rounds", (figures) => byFigure(figures, ({ rounds }) => String(rounds))],
  ["corpus", describeCorpus],
  ["models", modelsOf],
  ["measured", datesOf],
];

function namesOf(figures: readonly FigureResult[]): string {
  return [...new Set(figures.map(({ figure }) => `\`${figure}\``))].join(", ");
}

/** Returns the value of most results, then each other value with its figures. */
function byFigure(
  figures: readonly RecordedFigure[],
  read: (figure: RecordedFigure) => string,
): string {
  const [usual, ...others] = groupBy(figures, read).sort(([, a], [, b]) => b.length - a.length);
  const named = others.map(([value, rows]) => `${value} (${namesOf(rows)})`);
  return [usual?.[0] ?? "", ...named].join("; ");
}

function versionsOf(figures: readonly RecordedFigure[]): string {
  const known = figures.flatMap(({ environment }) => Object.entries(environment.versions));
  return groupBy(known, ([name]) => name)
    .map(([name, pairs]) => `${name} ${[...new Set(pairs.map(([, one]) => one))].join(" and ")}`)
    .join(", ");
}

function describeCorpus(figures: readonly RecordedFigure[]): string {
  return `${byFigure(figures, ({ corpus, seed }) => `${corpus}, seed ${seed}`)}${describeLengths(figures)}`;
}

function describeLengths(figures: readonly FigureResult[]): string {
  const corpus = figures.filter(({ figure }) => figure === "corpus").at(-1);
  if (corpus === undefined) return "";
  const { documents, mean_tokens, p10_tokens, p50_tokens, p90_tokens, cut_documents } = corpus;
  return `; ${documents} documents of ${mean_tokens} tokens on average with their query (p10 ${p10_tokens}, p50 ${p50_tokens}, p90 ${p90_tokens}), ${cut_documents} of them cut`;
}

/** Returns the models with their hashes, and with the figures where a model had several. */
function modelsOf(figures: readonly RecordedFigure[]): string {
  const hashed = figures.filter(({ dtype, model_hash }) => dtype && model_hash);
  return groupBy(hashed, ({ model, dtype }) => `${model} ${dtype}`)
    .map(([name, rows]) => `${name} ${byFigure(rows, ({ model_hash }) => `\`${model_hash}\``)}`)
    .join(", ");
}

function datesOf(figures: readonly RecordedFigure[]): string {
  const dates = figures.map((row) => row.measured_at.slice(0, "2026-01-01".length)).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  return first === last ? `${first}` : `${first} to ${last}`;
}

/** Returns the items by their key, in order of first appearance. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups];
}
