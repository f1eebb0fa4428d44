import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceBetween } from "../../scripts/markers.ts";
import { type Plot, plotsOf } from "./plots.ts";
import type { RecordedFigure } from "./results.ts";
import { themes } from "./svg.ts";
import {
  agreementTable,
  contestTable,
  coresTable,
  goalsTable,
  lengthsTable,
  machineTable,
  notMeasured,
  offlineEnginesTable,
  offlineTable,
  peersTable,
  resourcesTable,
  scalingTable,
} from "./tables.ts";

/** Pages that have places for figures. */
const pages = ["bench/README.md", "README.md", "docs/scaling.md"];

/**
 * Writes the tables into the pages, between their markers, and the plots into bench/plots. A page
 * that does not have a marker does not get the table.
 */
export async function writeReport(root: string, figures: readonly RecordedFigure[]): Promise<void> {
  const plots = plotsOf(figures);
  await writePlots(join(root, "bench", "plots"), plots);
  for (const page of pages) {
    const path = join(root, page);
    const before = await readFile(path, "utf8");
    const plotFolder = page === "README.md" ? "bench/plots" : "plots";
    await writeFile(path, fillPage(before, sectionsOf(figures, plots, plotFolder)));
  }
}

/**
 * Returns the page with each section between its markers; sections without markers are left out.
 */
export function fillPage(page: string, sections: Readonly<Record<string, string>>): string {
  return Object.entries(sections)
    .filter(([name]) => page.includes(`<!-- ${name}:start -->`))
    .reduce((text, [name, content]) => replaceBetween(text, name, content), page);
}

function sectionsOf(
  figures: readonly RecordedFigure[],
  plots: readonly Plot[],
  folder: string,
): Readonly<Record<string, string>> {
  const plot = (name: string) =>
    plots.filter((one) => one.name === name).map((one) => picture(one, folder));
  const withPlots = (table: string, ...names: readonly string[]) =>
    [table, ...names.flatMap(plot)].join("\n\n");
  return {
    "bench-machine": machineTable(figures),
    "bench-goals": goalsTable(figures),
    "bench-contest": withPlots(contestTable(figures), "contest"),
    "bench-contest-plot": plot("contest").join("\n") || notMeasured,
    "bench-agreement": agreementTable(figures),
    "bench-peers": peersTable(figures),
    "bench-cores": coresTable(figures),
    "bench-resources": resourcesTable(figures),
    "bench-lengths": lengthsTable(figures),
    "bench-offline": offlineTable(figures),
    "bench-offline-engines": offlineEnginesTable(figures),
    "bench-clients": withPlots(scalingTable(figures, "clients"), "clients", "clients-latency"),
    "bench-documents": withPlots(scalingTable(figures, "documents"), "documents"),
    "bench-arrivals": withPlots(scalingTable(figures, "arrivals"), "arrivals"),
  };
}

/** Markdown of a plot that follows the reader's theme. */
function picture({ name, title }: Plot, folder: string): string {
  return [
    "<picture>",
    `  <source media="(prefers-color-scheme: dark)" srcset="${folder}/${name}-dark.svg">`,
    `  <img alt="${title}" src="${folder}/${name}-light.svg">`,
    "</picture>",
  ].join("\n");
}

async function writePlots(folder: string, plots: readonly Plot[]): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  if (plots.length > 0) await mkdir(folder, { recursive: true });
  for (const { name, draw } of plots) {
    for (const theme of themes) {
      await writeFile(join(folder, `${name}-${theme.name}.svg`), draw(theme));
    }
  }
}
