import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { parseAllDocuments } from "yaml";
import { options } from "../../src/config/options/options.ts";
import { packageRoot } from "../server-process.ts";

/** Paths of all files in deploy/, from the package's folder, with slashes. */
export const deployFiles: readonly string[] = readdirSync(join(packageRoot, "deploy"), {
  recursive: true,
  withFileTypes: true,
})
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(packageRoot.length))
  .map((path) => path.split(sep).join("/"))
  .sort();

/** Returns the text of a file of the package. */
export function readText(path: string): string {
  return readFileSync(join(packageRoot, path), "utf8");
}

/** Returns the documents of a YAML file. Throws at errors and warnings, double keys included. */
export function readYaml(path: string): unknown[] {
  return parseAllDocuments(readText(path), { merge: true, uniqueKeys: true }).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw problem;
    return document.toJS();
  });
}

/**
 * Returns the values of a systemd unit's key, or an environment file's, in order. Comments are no
 * values.
 */
export function valuesOf(path: string, key: string): string[] {
  return readText(path)
    .split("\n")
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
}

/** Returns the default of an option as a number. */
export function defaultOf(flag: string): number {
  const option = options.find((candidate) => candidate.flag === flag);
  if (option?.default === undefined) throw new Error(`--${flag} has no default`);
  return Number(option.default);
}
