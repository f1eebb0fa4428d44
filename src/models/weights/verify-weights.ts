import { realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { StartupError } from "../../errors.ts";
import { hashFile } from "../hub/blob-download.ts";
import type { ModelDirectory } from "../open-model.ts";

/** Blobs of the hub's cache are named by the hash of their bytes. */
const blobName = /^([0-9a-f]{64}|[0-9a-f]{40})$/;

/**
 * Returns the error for a model that does not load: `error`, unless a file of it in the hub's cache
 * does not have the bytes that the hub gave. A model that is not of the hub keeps its error.
 */
export async function explainLoadError(error: unknown, model: ModelDirectory): Promise<unknown> {
  if (!(error instanceof StartupError) || model.revision === undefined) return error;
  const path = await findDamagedFile(model, model.weightPaths);
  if (path === undefined) return error;
  return new StartupError(
    `\`${path}\` of \`${model.name}\` was damaged in the cache: its bytes are not those of the hub`,
    { hint: `fetch it again with \`rerankd pull --verify ${model.name}\``, cause: error },
  );
}

/**
 * Returns the first of a model's files whose bytes are not those of the hub; undefined if there is
 * none. Files outside the hub's cache have no hash to compare with, and are as they should be.
 */
export async function findDamagedFile(
  { directory, revision }: Pick<ModelDirectory, "directory" | "revision">,
  paths: readonly string[],
): Promise<string | undefined> {
  if (revision === undefined) return undefined;
  for (const path of paths) if (await isDamaged(join(directory, path))) return path;
  return undefined;
}

async function isDamaged(path: string): Promise<boolean> {
  const blob = await realpath(path).catch(() => path);
  const name = basename(blob);
  if (!blobName.test(name)) return false;
  const algorithm = name.length === 64 ? "sha256" : "git-sha1";
  const never = new AbortController().signal;
  const hash = await hashFile(blob, algorithm, never).catch(() => name);
  return hash !== name;
}
