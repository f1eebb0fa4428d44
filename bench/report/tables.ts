import { goals } from "./goals.ts";
import { machineOf, machinesOf } from "./machines.ts";
import type { FigureResult } from "./results.ts";

/** A column of a table: its heading, and the cell of a row. */
type Column = readonly [heading: string, cell: (row: FigureResult) => unknown];

/**
 * Returns a Markdown table, undefined without rows. Numbers stand to the right. Rows of several
 * machines stand together by machine, which a last column names.
 */
export function markdownTable(
  rows: readonly FigureResult[],
  columns: readonly Column[],
): string | undefined {
  if (rows.length === 0) return undefined;
  const machines = machinesOf(rows);
  const mixed = machines.length > 1;
  const all: readonly Column[] = mixed ? [...columns, ["machine", machineOf]] : columns;
  const placeOf = (row: FigureResult) => machines.indexOf(machineOf(row) ?? "");
  const sorted = mixed ? rows.toSorted((a, b) => placeOf(a) - placeOf(b)) : rows;
  const cells = sorted.map((row) => all.map(([, cell]) => formatCell(cell(row))));
  const rules = all.map(([, cell]) =>
    rows.some((row) => typeof cell(row) === "number") ? "---:" : "---",
  );
  return [all.map(([heading]) => heading), rules, ...cells]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

/** Returns the goals with what was measured. */
export function goalsTable(figures: readonly FigureResult[]): string | undefined {
  return markdownTable(goals(figures), [
    ["figure", ({ figure }) => `\`${figure}\``],
    ["with", ({ model, dtype, protocol }) => [model, dtype, protocol].filter(Boolean).join(", ")],
    ["what", ({ what }) => what],
    ["measured", ({ measured }) => measured],
    ["goal", ({ goal }) => goal],
    ["reached", ({ reached }) => reached],
  ]);
}

/** Returns throughput and latency of every contender. */
export function contestTable(figures: readonly FigureResult[]): string | undefined {
  const rows = figures
    .filter(({ figure }) => figure === "contest")
    .toSorted((a, b) => Number(b.documents_per_second) - Number(a.documents_per_second));
  return markdownTable(rows, [
    ["contender", ({ contender }) => contender],
    ["weights", ({ dtype }) => dtype],
    ["model", ({ model }) => model],
    ["documents/s", (row) => row.documents_per_second],
    ["p50, 8 clients, ms", (row) => row.load_p50_ms],
    ["p95, 8 clients, ms", (row) => row.load_p95_ms],
    ["p50 alone, ms", (row) => row.p50_ms],
    ["p95 alone, ms", (row) => row.p95_ms],
  ]);
}

/**
 * Returns how fast this server and those that one would use instead are, the fastest of each kind of
 * weights first, and below which were left out and why.
 */
export function peersTable(figures: readonly FigureResult[]): string | undefined {
  const rows = figures.filter(({ figure }) => figure === "peers");
  const measured = rows
    .filter(({ left_out }) => !left_out)
    .toSorted(
      (a, b) =>
        String(a.dtype).localeCompare(String(b.dtype)) ||
        Number(b.documents_per_second) - Number(a.documents_per_second),
    );
  const range = (row: FigureResult, field: string) =>
    `${formatCell(row[`min_${field}`])} to ${formatCell(row[`max_${field}`])}`;
  const table = markdownTable(measured, [
    ["contender", ({ contender }) => contender],
    ["weights", ({ dtype }) => dtype],
    ["model", ({ model }) => model],
    ["documents/s", (row) => row.documents_per_second],
    ["of all rounds", (row) => range(row, "documents_per_second")],
    ["10 × 100 tokens, ms", (row) => row.short_ms],
    ["of all rounds", (row) => range(row, "short_ms")],
    ["100 documents, s", (row) => row.large_s],
    ["of all rounds", (row) => range(row, "large_s")],
    ["largest difference of a logit", (row) => row.max_difference],
    ["from fp32", (row) => row.max_difference_of_fp32],
  ]);
  const mixed = machinesOf(rows).length > 1;
  const leftOut = rows
    .filter(({ left_out }) => left_out)
    .map(
      (row) =>
        `- ${row.contender}, ${row.model}${mixed ? `, ${machineOf(row)}` : ""}: ${row.left_out}`,
    );
  if (leftOut.length === 0) return table;
  return [...(table === undefined ? [] : [table]), "Left out:", leftOut.join("\n")].join("\n\n");
}

/** Returns how fast each way to divide the cores is. */
export function coresTable(figures: readonly FigureResult[]): string | undefined {
  const rows = figures.filter(({ figure }) => figure === "cores");
  return markdownTable(rows, [
    ["model", ({ model, dtype }) => `${model} ${dtype}`],
    ["clients", (row) => row.clients],
    ["workers × threads", ({ point, auto }) => (auto === true ? `**${point}**` : point)],
    ["documents/s", (row) => row.documents_per_second],
    ["p50, ms", (row) => row.p50_ms],
    ["of the best", (row) => row.of_best],
  ]);
}

/** Returns how far scores are from those of the runtime alone with the same weights. */
export function agreementTable(figures: readonly FigureResult[]): string | undefined {
  const rows = figures.filter(({ figure }) => figure === "agreement");
  return markdownTable(rows, [
    ["contender", ({ contender }) => contender],
    ["weights", ({ dtype }) => dtype],
    ["model", ({ model }) => model],
    ["documents", (row) => row.documents_compared],
    ["largest difference of a logit", (row) => row.max_difference],
    ["mean difference", (row) => row.mean_difference],
    ["neighbours in order", (row) => row.order_kept],
  ]);
}

/** Returns what it takes to run each model: the table that the installation guide ends with. */
export function resourcesTable(figures: readonly FigureResult[]): string | undefined {
  const rows = figures.filter(({ figure }) => figure === "resources");
  return markdownTable(rows, [
    ["server", ({ contender }) => String(contender).replace(/ (fp32|fp16|int8)$/, "")],
    ["model", ({ model }) => model],
    ["weights", ({ dtype }) => dtype],
    ["model size, MB", (row) => row.model_mb],
    ["start-up, ms", (row) => row.start_ms],
    ["memory when idle, MB", (row) => row.rss_idle_mb],
    ["memory at most, MB", (row) => row.rss_peak_mb],
    ["10 short notes, ms", (row) => row.ten_notes_ms],
    ["10 passages, ms", (row) => row.ten_passages_ms],
  ]);
}

/** Returns how long one request of ten documents takes alone, by their length. */
export function lengthsTable(figures: readonly FigureResult[]): string | undefined {
  const rows = figures.filter(({ figure }) => figure === "lengths");
  return markdownTable(rows, [
    ["model", ({ model, dtype }) => `${model} ${dtype}`],
    ["words of each document", ({ point }) => Number(point)],
    ["tokens of the request", (row) => row.tokens],
    ["p50, ms", (row) => row.p50_ms],
    ["fastest, ms", (row) => row.min_ms],
    ["slowest, ms", (row) => row.max_ms],
  ]);
}

/** Returns how fast lists are ranked as lines, and by other engines beside one process. */
export function offlineTable(figures: readonly FigureResult[]): string | undefined {
  const rows = figures.filter(({ figure }) => figure === "offline");
  return markdownTable(rows, [
    ["way", ({ contender }) => `\`${contender}\``],
    ["model", ({ model, dtype }) => `${model} ${dtype}`],
    ["documents/s", (row) => row.documents_per_second],
    ["÷ the engine in the caller's process", (row) => row.ratio],
  ]);
}

/** Returns the rows/s of each engine's example. */
export function offlineEnginesTable(figures: readonly FigureResult[]): string | undefined {
  const rows = figures.filter(({ figure }) => figure === "offline_engines");
  return markdownTable(rows, [
    ["engine", ({ contender }) => contender],
    ["model", ({ model }) => model],
    ["rows", (row) => row.rows],
    ["rows/s of one core", (row) => row.rows_per_second_per_core],
    ["÷ one process", (row) => row.ratio],
    ["start, ms", (row) => row.start_ms],
  ]);
}

/** Returns one of the scaling curves as a table. */
export function scalingTable(figures: readonly FigureResult[], load: string): string | undefined {
  const rows = figures
    .filter((row) => row.figure === "scaling" && row.load === load)
    .toSorted((a, b) => Number(a.point) - Number(b.point));
  return markdownTable(rows, [
    [load === "arrivals" ? "share of capacity" : load, ({ point }) => Number(point)],
    ["documents/s", (row) => row.documents_per_second],
    ["p50, ms", (row) => row.p50_ms],
    ["p95, ms", (row) => row.p95_ms],
  ]);
}

function formatCell(value: unknown): string {
  if (value === undefined || value === null || Number.isNaN(value)) return "–";
  if (typeof value !== "number") return String(value);
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1);
  return value.toLocaleString("en", { maximumSignificantDigits: Math.abs(value) >= 1000 ? 6 : 3 });
}
