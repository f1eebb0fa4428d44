import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { modelCardFile } from "./model-files.ts";

/** Licences of models, by name, whose files do not always state them. */
const knownLicenses: Readonly<Record<string, string>> = {
  "jinaai/jina-reranker-v2-base-multilingual": "cc-by-nc-4.0",
};

const frontMatter = /^---\r?\n([\s\S]*?)\r?\n---/;
const licenseLine = /^license:[ \t]*["']?([\w.+-]+)/m;
const nonCommercial = /(^|-)nc(-|$)|non-?commercial/i;

/**
 * Returns the licence of a model by its card's front matter, else by its name; undefined if neither
 * names it.
 */
export async function readLicense(
  name: string,
  directory: string,
  hasModelCard: boolean,
): Promise<string | undefined> {
  const card = hasModelCard
    ? await readFile(join(directory, modelCardFile), "utf8").catch(() => "")
    : "";
  const matter = frontMatter.exec(card.replace(/^\uFEFF/, ""))?.[1] ?? "";
  return licenseLine.exec(matter)?.[1]?.toLowerCase() ?? knownLicenses[name];
}

/** Returns a sentence that describes a licence. */
export function describeLicense(license: string | undefined): string {
  return licenseNotice(license) ?? `licence ${license ?? "unknown: the model's card names none"}`;
}

/**
 * Returns what to log once at start-up about a licence; undefined if it does not forbid commercial
 * use.
 */
export function licenseNotice(license: string | undefined): string | undefined {
  if (license === undefined || !nonCommercial.test(license)) return undefined;
  return `licence ${license.toUpperCase()}: not for commercial use`;
}
