import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { StartupError } from "../../errors.ts";
import { checkFileName } from "../file-name.ts";

/** A model's files of one commit in the cache. */
export interface Snapshot {
  /** The folder that holds the files, absolute. */
  readonly directory: string;
  /** The commit, 40 hex digits. */
  readonly commit: string;
}

const commitPattern = /^[0-9a-f]{40}$/;
const hubIdPattern = /^\w(?:[\w.-]{0,94}\w)?\/\w(?:[\w.-]{0,94}\w)?$/;
const linkUnsupportedCodes = new Set(["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);

/** Tells whether `text` is a model's id by the hub's rules, `owner/name`. */
export function isHubId(text: string): boolean {
  return hubIdPattern.test(text) && !/--|\.\.|\.git$/.test(text);
}

/** Tells whether `text` is a full commit hash. */
export function isCommit(text: string): boolean {
  return commitPattern.test(text);
}

/**
 * Returns the folder of a model in the cache: `models--owner--name`, with `blobs`, `refs` and
 * `snapshots` in it.
 */
export function repoDirectory(cacheDirectory: string, id: string): string {
  return join(cacheDirectory, ["models", ...id.split("/")].join("--"));
}

/** Returns the folder with the files of one commit. */
export function snapshotDirectory(cacheDirectory: string, id: string, commit: string): string {
  return join(repoDirectory(cacheDirectory, id), "snapshots", commit);
}

/**
 * Returns the folders that links of a model's snapshot may lead into: its own ones, and the store
 * that Python's `huggingface_hub` shares between models.
 */
export function cacheLinkRoots(cacheDirectory: string, id: string): string[] {
  const repo = repoDirectory(cacheDirectory, id);
  return [join(repo, "blobs"), join(repo, "snapshots"), join(cacheDirectory, "blobs")];
}

/**
 * Returns the snapshot of a branch, tag or commit that is in the cache, whole or not; undefined if
 * there is none. Uses no network, so a branch is where it was at the last download.
 */
export async function findSnapshot(
  cacheDirectory: string,
  id: string,
  revision: string,
): Promise<Snapshot | undefined> {
  checkRevision(revision);
  const commit = isCommit(revision)
    ? revision
    : await readRef(repoDirectory(cacheDirectory, id), revision);
  if (commit === undefined) return undefined;
  const directory = snapshotDirectory(cacheDirectory, id, commit);
  const found = await stat(directory).catch(() => undefined);
  return found?.isDirectory() ? { directory, commit } : undefined;
}

/** Notes that a branch or tag is at `commit`. Does nothing if `revision` is the commit itself. */
export async function writeRef(repo: string, revision: string, commit: string): Promise<void> {
  if (revision === commit || (await readRef(repo, revision)) === commit) return;
  const path = join(repo, "refs", revision);
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  await writeFile(temporary, commit);
  await rename(temporary, path);
}

/**
 * Makes `pointer` a relative link to `blob`, or a copy of it where the file system has no links.
 */
export async function linkBlob(blob: string, pointer: string): Promise<void> {
  await mkdir(dirname(pointer), { recursive: true });
  const temporary = `${pointer}.${randomUUID()}.tmp`;
  try {
    await symlink(relative(dirname(pointer), blob), temporary).catch(async (error) => {
      if (!linkUnsupportedCodes.has(error.code)) throw error;
      await copyFile(blob, temporary);
    });
    await rename(temporary, pointer);
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Throws a StartupError unless `revision` can be a branch, a tag or a commit, and so a path below
 * `refs`.
 */
export function checkRevision(revision: string): void {
  try {
    checkFileName(revision, "--revision");
  } catch (cause) {
    throw new StartupError(
      `--revision must be a branch, a tag or a commit, got: ${JSON.stringify(revision)}`,
      { isUsage: true, hint: "leave it out for the newest of the main branch", cause },
    );
  }
}

async function readRef(repo: string, revision: string): Promise<string | undefined> {
  const text = await readFile(join(repo, "refs", revision), "utf8").catch(() => "");
  return isCommit(text.trim()) ? text.trim() : undefined;
}
