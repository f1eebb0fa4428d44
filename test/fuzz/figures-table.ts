import { inputKinds } from "./wire/make-input.ts";
import type { RunFigures } from "./wire/run-inputs.ts";

/** What one run prints. */
export interface RunLine extends RunFigures {
  readonly seed: number;
  readonly from: number;
  readonly problems: readonly string[];
}

const bytesPerMebibyte = 1024 * 1024;

/** Returns the figures of some runs together as Markdown. */
export function figuresTable(runs: readonly RunLine[]): string {
  const sum = (figureOf: (run: RunLine) => number): number =>
    runs.reduce((total, run) => total + figureOf(run), 0);
  const hangs = (run: RunLine): number =>
    run.faults.filter(({ status }) => status === "hang").length;
  const most = (figureOf: (run: RunLine) => number): number => Math.max(...runs.map(figureOf));
  const mebibytes = (figureOf: (run: RunLine) => number): string =>
    (most(figureOf) / bytesPerMebibyte).toFixed(1);
  return [
    `${thousands(sum(({ inputs }) => inputs))} inputs, runs of`,
    `${runs.map(({ inputs, seed, from }) => `\`--inputs ${inputs} --seed ${seed} --from ${from}\``).join(", ")};`,
    `${thousands(Math.round(sum(({ seconds }) => seconds)))} s of runs, some of them at the same time.`,
    "",
    "| kind | inputs | how they ended |",
    "| --- | ---: | --- |",
    ...inputKinds.map((kind) => kindRow(kind, runs)),
    "",
    "| the most of any run | before | after |",
    "| --- | ---: | ---: |",
    `| heap of the server, MiB | ${mebibytes(({ before }) => before.heapBytes)} | ${mebibytes(({ after }) => after.heapBytes)} |`,
    `| its handles | ${most(({ before }) => before.handles)} | ${most(({ after }) => after.handles)} |`,
    `| file descriptors | ${most(({ before }) => before.fileDescriptors)} | ${most(({ after }) => after.fileDescriptors)} |`,
    "",
    `Crashes: ${sum(({ crash }) => (crash === undefined ? 0 : 1))}. Hangs: ${sum(hangs)}. Other`,
    `forbidden ends: ${sum((run) => run.faults.length - hangs(run))}. Errors inside the server:`,
    `${sum(({ after }) => after.errorCount)}. Failed probes: ${sum(({ failedProbes }) => failedProbes)}.`,
  ].join("\n");
}

function kindRow(kind: string, runs: readonly RunLine[]): string {
  const counts = new Map<string, number>();
  for (const { statuses } of runs) {
    for (const [status, count] of Object.entries(statuses[kind] ?? {})) {
      counts.set(status, (counts.get(status) ?? 0) + count);
    }
  }
  const ordered = [...counts].sort(([, a], [, b]) => b - a);
  const total = ordered.reduce((sum, [, count]) => sum + count, 0);
  const list = ordered.map(([status, count]) => `${status}: ${thousands(count)}`).join(", ");
  return `| ${kind} | ${thousands(total)} | ${list} |`;
}

function thousands(count: number): string {
  return count.toLocaleString("en-US");
}
