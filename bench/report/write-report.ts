import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replaceBetween } from "../../scripts/docs/markers.ts";
import type { Plot } from "./plots.ts";
import { type Choice, publish, unpublished } from "./publish.ts";
import { type RecordedFigure, readResults, writeResults } from "./results.ts";
import { type Section, sectionsOf } from "./sections.ts";
import { themes } from "./svg.ts";

/** The published results, from which the pages are written. */
export const publishedPath = "bench/results.json";

/** Pages that have places for figures. */
const pages = ["bench/README.md", "README.md", "docs/scaling.md"];

/** What the report writes. */
export interface Report {
  /** Contents by path, relative to the repository. */
  readonly files: ReadonlyMap<string, string>;
  /** A line for each part of a page that stays as it is, with the reason. */
  readonly left: readonly string[];
}

/**
 * Takes the chosen figures from the last results at `lastPath` into the published ones, and writes
 * tables and plots from these. Resolves to lines that say what was taken, what is not published, and
 * which parts of pages stay as they are.
 */
export async function writeReport(
  root: string,
  lastPath: string,
  choice: Choice,
): Promise<readonly string[]> {
  const path = join(root, publishedPath);
  const last = await readResults(lastPath);
  const { figures, notes } = publish(await readResults(path), last, choice);
  if (notes.length > 0) await writeResults(path, figures);
  const { files, left } = await renderReport(root, figures);
  for (const [name, text] of files) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  const others = unpublished(figures, last);
  const more = `not published: ${others.join(", ")}; \`--report --figure NAME\` takes a figure of these`;
  return [...notes, ...left, ...(others.length > 0 ? [more] : [])];
}

/**
 * Returns the pages with their tables, each between its markers, and the plots. A page that does not
 * have a marker does not get the table.
 */
export async function renderReport(
  root: string,
  figures: readonly RecordedFigure[],
): Promise<Report> {
  const sections = sectionsOf(figures);
  const files = new Map<string, string>();
  const left: string[] = [];
  for (const { name, draw } of sections.flatMap((one) => (one.left ? [] : one.plots))) {
    for (const theme of themes) {
      files.set(`bench/plots/${name}-${theme.name}.svg`, draw(theme));
    }
  }
  for (const page of pages) {
    const before = await readFile(join(root, page), "utf8");
    const plotFolder = page === "README.md" ? "bench/plots" : "plots";
    files.set(page, fillPage(before, sections, plotFolder));
    left.push(...namesLeft(before, sections).map((line) => `${page}: ${line}`));
  }
  return { files, left };
}

/**
 * Returns the page with each section between its markers. What has no markers is left out, and what
 * is left stays as it is.
 */
export function fillPage(page: string, sections: readonly Section[], plotFolder: string): string {
  return sections
    .filter((section) => section.left === undefined && hasPlace(page, section))
    .reduce((text, { name, table, plots }) => {
      const parts = [table ?? "", ...plots.map((plot) => picture(plot, plotFolder))];
      return replaceBetween(text, name, parts.join("\n\n"));
    }, page);
}

function namesLeft(page: string, sections: readonly Section[]): string[] {
  return sections
    .filter((section) => section.left !== undefined && hasPlace(page, section))
    .map(({ name, left }) => `${name} stays as it is: ${left}`);
}

function hasPlace(page: string, { name }: Section): boolean {
  return page.includes(`<!-- ${name}:start -->`);
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
