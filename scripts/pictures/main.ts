/**
 * Makes the pictures of the README anew, each from the product as it is built: the page, light and
 * dark, a session in a terminal, and the quality of the bundled model beside BM25. `npm run pictures`
 * makes all of them, `npm run pictures -- page` one kind. Run it after a change of the page or of the
 * bundled model. Needs Chromium; for the terminal `script` of util-linux, and labelled lists.
 */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../test/server-process.ts";
import { takePagePictures } from "./page.ts";
import { drawQuality } from "./quality.ts";
import { recordTerminal } from "./terminal.ts";

const kinds = ["page", "terminal", "quality"] as const;

/** Largest of each type, in bytes: the README is read over slow lines too. */
const maxBytes: Readonly<Record<string, number>> = { png: 200_000, svg: 100_000 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Folder of labelled lists, as `rerankd eval` reads them; names begin with the language. */
    lists: { type: "string" },
  },
});
const unknown = positionals.find((name) => !kinds.some((kind) => kind === name));
if (unknown !== undefined) throw new Error(`${unknown} is none of ${kinds.join(", ")}`);
const isWanted = (kind: (typeof kinds)[number]) =>
  positionals.length === 0 || positionals.includes(kind);

/** Returns the paths of the labelled lists. */
function findLists(): string[] {
  const { lists: folder } = values;
  if (folder === undefined)
    throw new Error("name the folder of the labelled lists: --lists FOLDER");
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const lists = names.filter((name) => /\.jsonl(\.gz)?$/.test(name)).sort();
  if (lists.length === 0) throw new Error(`${folder} has no labelled lists; name another: --lists`);
  return lists.map((name) => join(folder, name));
}

const folder = join(packageRoot, "docs", "images");
mkdirSync(folder, { recursive: true });

/** Writes a picture, and refuses one that is too large. */
function write(name: string, picture: string | Uint8Array): void {
  const path = join(folder, name);
  writeFileSync(path, picture);
  const { size } = statSync(path);
  const most = maxBytes[name.split(".").at(-1) ?? ""] ?? 0;
  if (size > most) throw new Error(`${path} has ${size} bytes, more than ${most}`);
  process.stdout.write(`${path}: ${size} bytes\n`);
}

if (isWanted("page")) await takePagePictures(write);
if (isWanted("terminal")) write("terminal.svg", await recordTerminal(findLists()));
if (isWanted("quality")) {
  for (const [name, chart] of drawQuality()) write(name, chart);
}
