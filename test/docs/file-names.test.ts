import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { suite, test } from "node:test";
import { packageRoot } from "../server-process.ts";

/** Folders of the sources that the documents name. */
const sources = [
  "src",
  "client/src",
  "client/test",
  "mcp/src",
  "page",
  "test",
  "scripts",
  "bench",
  "tools",
];

/** The documents for those who work on this repository. */
const documents = ["CONTRIBUTING.md", "docs/design.md"];

const files = sources.flatMap((folder) =>
  readdirSync(join(packageRoot, folder), { recursive: true, encoding: "utf8" }).map((path) =>
    posix.join(folder, path.replaceAll(sep, "/")),
  ),
);

/** Returns the names of sources in backticks, with or without the folders above them. */
function sourcesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([\w./-]+\.(?:ts|tsx|mjs|sh|py))`/g)].map(([, name = ""]) => name);
}

/** Returns the folders in backticks that begin at the top of the repository. */
function foldersIn(text: string): readonly string[] {
  const tops = new Set(sources.map((path) => path.split("/")[0]));
  return [...text.matchAll(/`([\w-]+\/[\w./-]*)`/g)]
    .map(([, path = ""]) => path)
    .filter((path) => tops.has(path.split("/")[0]) && !path.includes("/dist"));
}

suite("the documents for contributors", () => {
  for (const document of documents) {
    const text = readFileSync(join(packageRoot, document), "utf8");

    test(`name only files that are there: ${document}`, () => {
      const names = sourcesIn(text);
      const missing = names.filter(
        (name) => !files.some((file) => file === name || file.endsWith(`/${name}`)),
      );

      assert(names.length > 0);
      assert.deepEqual(missing, []);
    });

    test(`name only folders that are there: ${document}`, () => {
      const missing = foldersIn(text).filter((path) => !existsSync(join(packageRoot, path)));

      assert.deepEqual(missing, []);
    });
  }
});
