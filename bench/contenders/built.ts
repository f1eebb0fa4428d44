import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Contenders that are built from their sources. */
export type BuiltContender = "tei" | "llama-cpp";

/** What a build script writes when it has finished. */
const marker = "versions.json";

/**
 * Returns the folder that a contender was built into. Throws an error that says how to build it if that
 * was not done.
 */
export function builtFolder(root: string, contender: BuiltContender): string {
  const folder = folderOf(root, contender);
  if (!existsSync(join(folder, marker))) {
    throw new Error(`it is not built: run bench/contenders/build-${contender}.sh`);
  }
  return folder;
}

/** Returns the versions of what was built, by name; none where it was not built. */
export function builtVersions(
  root: string,
  contender: BuiltContender,
): Readonly<Record<string, string>> {
  const path = join(folderOf(root, contender), marker);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
}

function folderOf(root: string, contender: BuiltContender): string {
  return join(root, ".cache", "bench", contender);
}
