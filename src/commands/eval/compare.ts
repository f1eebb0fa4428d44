import type { EvalConfig } from "../../config/eval-config.ts";
import { StartupError } from "../../errors.ts";
import { type Comparison, compareRuns } from "../../evaluation/compare-runs.ts";
import { writeOutput } from "../files/write-output.ts";
import { openPage } from "../files/write-page.ts";
import type { ProcessContext } from "../process-context.ts";
import { readReport } from "./read-report.ts";

/** Compares two files that `rerankd eval --json` printed, and prints what came of it. */
export async function compare(
  [firstPath, secondPath]: readonly [string, string],
  { html, json }: Pick<EvalConfig, "html" | "json">,
  { stdout, stderr }: ProcessContext,
): Promise<void> {
  const runs = await Promise.all([readReport(firstPath), readReport(secondPath)]);
  const comparison = compareRuns(...runs);
  if (comparison === undefined) {
    throw new StartupError(`\`${firstPath}\` and \`${secondPath}\` have no query in common`, {
      hint: "evaluate the same lists twice: they are paired by name, their queries by id",
    });
  }
  const { unpaired } = comparison;
  if (unpaired > 0) stderr.write(`note: left out ${unpaired}: queries that only one file has\n`);
  await using page = await openPage(html);
  await page?.write(async () => {
    const { comparePage } = await import("../../reports/compare-page.ts");
    return comparePage(comparison);
  });
  const text = json ? `${JSON.stringify(jsonOf(comparison))}\n` : formatComparison(comparison);
  await writeOutput(stdout, text);
}

function jsonOf({ names, lists, mean, better, equal, worse, unpaired }: Comparison): object {
  const lost = worse.map(({ list, id, query, first, second }) => {
    return { list, id, query, first: first.ndcg, second: second.ndcg };
  });
  return { metric: "nDCG@10", names, lists, mean, better, equal, worse: lost, unpaired };
}

const digits = 3;
const gap = "  ";

/** Returns a comparison as a table with a line for each list, and one for the mean of several. */
function formatComparison(comparison: Comparison): string {
  const { names, lists, mean, better, equal, worse } = comparison;
  const rows = [...lists, ...(lists.length > 1 ? [mean] : [])].map((row) => [
    row.name,
    String(row.queries),
    row.first.toFixed(digits),
    row.second.toFixed(digits),
    signed(row.difference.mean),
    `${signed(row.difference.low)} to ${signed(row.difference.high)}`,
    row.p < 0.001 ? "<0.001" : row.p.toFixed(digits),
  ]);
  const table = [["list", "queries", "a", "b", "b - a", "95% interval", "p"], ...rows];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, at) =>
        at === 0 ? cell.padEnd(widths?.[at] ?? 0) : cell.padStart(widths?.[at] ?? 0),
      )
      .join(gap),
  );
  return [
    `nDCG@10 of a: ${names[0]}, b: ${names[1]}`,
    ...lines,
    `${better} queries better, ${worse.length} worse, ${equal} equal`,
    "",
  ].join("\n");
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(digits)}`;
}
