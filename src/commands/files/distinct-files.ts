import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../../config/options/parse-options.ts";

/** A file of a command, and what a message calls it; without a path there is none. */
export interface NamedFile {
  readonly name: string;
  readonly path: string | undefined;
}

/** Where the standard input can be looked at; where there is no such path, it is not. */
export const standardInputPath = "/dev/stdin";

/**
 * Checks that what a command writes is no file that it reads, nor another that it writes, under
 * whatever path: it would be emptied before it is read, or hold both. Pipes and devices may be several
 * things at once. Rejects with a UsageError.
 */
export async function checkDistinctFiles(
  written: readonly NamedFile[],
  read: readonly NamedFile[],
): Promise<void> {
  const owners = new Map<string, string>();
  for (const { name, path } of read) {
    const identity = path === undefined ? undefined : await identityOf(path);
    if (identity !== undefined) owners.set(identity, name);
  }
  for (const { name, path } of written) {
    const identity = path === undefined ? undefined : await identityOf(path);
    if (identity === undefined) continue;
    const owner = owners.get(identity);
    if (owner !== undefined) {
      throw new UsageError([`${name} and ${owner} must be different files, got: \`${path}\``]);
    }
    owners.set(identity, name);
  }
}

/** Returns the same text for paths of one file, which need not be there yet. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const stats = await stat(path, { bigint: true });
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    const folder = dirname(resolve(path));
    return join(await realpath(folder).catch(() => folder), basename(path));
  }
}
