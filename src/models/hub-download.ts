import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { StartupError } from "../errors.ts";
import { downloadBlob, sizeOf } from "./blob-download.ts";
import { type DownloadFileSystem, diskFileSystem } from "./download-file-system.ts";
import type { WeightsChoice } from "./dtypes.ts";
import {
  checkRevision,
  isHubId,
  linkBlob,
  repoDirectory,
  type Snapshot,
  snapshotDirectory,
  writeRef,
} from "./hub-cache.ts";
import { diskFullError, explainDownloadError } from "./hub-errors.ts";
import { createHubFetch, type Fetch } from "./hub-fetch.ts";
import { type HubFile, listHubFiles } from "./hub-listing.ts";
import { defaultOfflineVariable, type HubOptions } from "./hub-options.ts";
import { modelCardFile, selectModelFiles } from "./model-files.ts";
import { defaultRetryPolicy, type RetryPolicy, retry } from "./retry.ts";

/** How far a download is. */
export interface DownloadProgress {
  /** The file's path in the model. */
  readonly file: string;
  /** Bytes of the file that are here, those of earlier runs included. */
  readonly fileBytes: number;
  readonly fileTotalBytes: number;
  /** Bytes of all needed files that are here. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/** How to download a model. */
export interface DownloadModelOptions extends WeightsChoice {
  /** The model's id on the hub, `owner/name`. */
  readonly id: string;
  /** A branch, a tag or a commit. Default: `main`. */
  readonly revision?: string | undefined;
  readonly hub: HubOptions;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Stops the download; what was fetched is kept for the next one. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the platform's `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** Default: the disks of this machine. */
  readonly fileSystem?: DownloadFileSystem | undefined;
  /** Default: five attempts in a row without progress. */
  readonly retryPolicy?: RetryPolicy | undefined;
  /** Default: 30,000 ms without a byte. */
  readonly stallTimeoutMs?: number | undefined;
}

/** The branch that is meant where no revision is given. */
export const defaultRevision = "main";

const defaultStallTimeoutMs = 30_000;
/** The longest that a listing may take, all its pages together. */
const listingTimeoutMs = 60_000;
/** A model card is text; a larger file of that name is not worth fetching for its licence line. */
const maxModelCardBytes = 1024 * 1024;

/**
 * Downloads the files of a model that the server needs into the cache that Python's
 * `huggingface_hub` uses, and returns where they are. Files that are there already are not fetched.
 * Rejects with a StartupError that says what to do.
 */
export async function downloadModel(options: DownloadModelOptions): Promise<Snapshot> {
  const { id, hub, revision = defaultRevision, signal = new AbortController().signal } = options;
  checkRevision(revision);
  if (!isHubId(id)) {
    throw new StartupError(`a model on the hub is named owner/name, got: \`${id}\``, {
      isUsage: true,
      hint: "look at the top of the model's page for its name",
    });
  }
  if (hub.offline) {
    const variable = hub.offlineVariable ?? defaultOfflineVariable;
    throw new StartupError(`\`${id}\` cannot be fetched while ${variable} is set`, {
      hint: `unset ${variable}, or copy the model's folder into ${hub.cacheDirectory} from another machine`,
    });
  }
  try {
    return await download({ ...options, revision, signal });
  } catch (cause) {
    if (signal.aborted) {
      throw new StartupError(`the download of \`${id}\` was stopped`, {
        hint: "run the same command again: it goes on where this one stopped",
        cause,
      });
    }
    const { endpoint, cacheDirectory } = hub;
    const hasToken = hub.token !== undefined;
    throw explainDownloadError(cause, { id, revision, endpoint, cacheDirectory, hasToken });
  }
}

type CheckedOptions = DownloadModelOptions & {
  readonly revision: string;
  readonly signal: AbortSignal;
};

async function download(options: CheckedOptions): Promise<Snapshot> {
  const { id, hub, revision, signal, fileSystem = diskFileSystem } = options;
  const { endpoint, cacheDirectory } = hub;
  const { fetch: bareFetch, retryPolicy = defaultRetryPolicy } = options;
  const fetch = createHubFetch({
    ...hub,
    ...(bareFetch === undefined ? {} : { fetch: bareFetch }),
  });
  const listing = await retry(
    () => {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(listingTimeoutMs)]);
      return listHubFiles({ id, revision, endpoint, fetch, signal: limited });
    },
    retryPolicy,
    signal,
  );
  const files = neededFiles(options, listing.files);
  const repo = repoDirectory(cacheDirectory, id);
  const directory = snapshotDirectory(cacheDirectory, id, listing.commit);
  await mkdir(directory, { recursive: true });
  await checkRoom(files, repo, options, fileSystem);

  const report = createReport(files, options.onProgress);
  for (const file of files) {
    const { hex } = file.hash;
    const blobPath = join(repo, "blobs", hex);
    const pointer = join(directory, file.path);
    if ((await sizeOf(pointer)) !== file.sizeBytes) {
      await downloadBlob({
        url: `${endpoint}/${id}/resolve/${listing.commit}/${encodePath(file.path)}`,
        file,
        blobPath,
        lockPath: join(cacheDirectory, ".locks", basename(repo), `${hex}.rerankd`),
        fetch,
        fileSystem,
        retryPolicy,
        stallTimeoutMs: options.stallTimeoutMs ?? defaultStallTimeoutMs,
        signal,
        onBytes: (bytes) => report(file, bytes),
      });
      await linkBlob(blobPath, pointer);
    }
    report(file, file.sizeBytes);
  }
  await writeRef(repo, revision, listing.commit);
  return { directory, commit: listing.commit };
}

function neededFiles(options: DownloadModelOptions, listed: readonly HubFile[]): HubFile[] {
  const byPath = new Map(listed.map((file) => [file.path, file]));
  const { paths } = selectModelFiles(options.id, [...byPath.keys()], options);
  return paths.flatMap((path) => {
    const file = byPath.get(path);
    if (file === undefined) return [];
    return path === modelCardFile && file.sizeBytes > maxModelCardBytes ? [] : [file];
  });
}

async function checkRoom(
  files: readonly HubFile[],
  repo: string,
  { hub }: DownloadModelOptions,
  fileSystem: DownloadFileSystem,
): Promise<void> {
  let missingBytes = 0;
  for (const { hash, sizeBytes } of files) {
    const blob = join(repo, "blobs", hash.hex);
    const here = (await sizeOf(blob)) ?? (await sizeOf(`${blob}.incomplete`)) ?? 0;
    missingBytes += Math.max(0, sizeBytes - here);
  }
  const freeBytes = await fileSystem.freeBytes(repo);
  if (freeBytes === undefined || missingBytes <= freeBytes) return;
  throw diskFullError(hub.cacheDirectory, undefined, missingBytes - freeBytes);
}

function createReport(
  files: readonly HubFile[],
  onProgress: ((progress: DownloadProgress) => void) | undefined,
): (file: HubFile, bytes: number) => void {
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const here = new Map<string, number>();
  return ({ path, sizeBytes }, fileBytes) => {
    here.set(path, fileBytes);
    const bytes = [...here.values()].reduce((sum, part) => sum + part, 0);
    onProgress?.({ file: path, fileBytes, fileTotalBytes: sizeBytes, bytes, totalBytes });
  };
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
