import type { ScenarioResult } from "./scenario.ts";
import { describeCounts, describeShares, phases } from "./tally.ts";
import type { Throughput } from "./throughput.ts";

/** Returns the two tables of the results: what callers saw, and where the load went. */
export function scaleOutTables(results: readonly ScenarioResult[]): string {
  return `${requestTable(results)}\n\n${loadTable(results)}`;
}

/** Returns the table of what several numbers of replicas do. */
export function throughputTable(results: readonly Throughput[]): string {
  const percent = (share: number): string => `${Math.round(share * 100)}%`;
  const rows = results.map((result) => [
    result.front,
    result.replicas,
    Math.round(result.documentsPerSecond),
    result.cores.toFixed(2),
    Math.round(result.documentsPerCoreSecond),
    percent(result.frontShare),
    result.failed,
  ]);
  const headings = ["front", "replicas", "documents/s", "cores used", "documents/s of one core"];
  return table([...headings, "of it the front's", "failed"], "---|--:|--:|--:|--:|--:|--:", rows);
}

function requestTable(results: readonly ScenarioResult[]): string {
  const rows = results.flatMap(({ front, fault, tallies }) =>
    [...tallies].map(([kind, byPhase]) => {
      const all = phases.map((phase) => byPhase[phase]);
      const sum = (pick: (tally: (typeof all)[number]) => number): number =>
        all.reduce((total, tally) => total + pick(tally), 0);
      return [
        front,
        fault,
        kind,
        sum(({ sent }) => sent),
        sum(({ answered }) => answered),
        describeCounts(merge(all.map(({ failed }) => failed))),
        Math.round(Math.max(...all.map(({ slowestMs }) => slowestMs))),
        kind === "streams" ? describeCounts(merge(all.map((tally) => tally.streamsEnded))) : "",
      ];
    }),
  );
  const headings = ["front", "replica 1 is", "requests", "sent", "answered", "failed"];
  return table(
    [...headings, "slowest, ms", "streams that ended"],
    "---|---|---|--:|--:|---|--:|---",
    rows,
  );
}

function loadTable(results: readonly ScenarioResult[]): string {
  const rows = results.map(({ front, fault, unary, streamsAtEnd }) => [
    front,
    fault,
    ...phases.map((phase) => describeShares(unary[phase])),
    streamsAtEnd.join(" / "),
  ]);
  const headings = ["front", "replica 1 is", "before, %", "while it is gone, %", "afterwards, %"];
  return table([...headings, "streams at the end"], "---|---|---|---|---|---", rows);
}

function merge(
  counts: readonly Readonly<Record<string, number>>[],
): Readonly<Record<string, number>> {
  const merged: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((each) => Object.entries(each))) {
    merged[name] = (merged[name] ?? 0) + count;
  }
  return merged;
}

function table(
  headings: readonly string[],
  rules: string,
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en-US") : cell)),
  );
  return [headings, rules.replaceAll("--:", "---:").split("|"), ...cells]
    .map((row) => `| ${row.join(" | ")} |`.replaceAll("|  |", "| |"))
    .join("\n");
}
