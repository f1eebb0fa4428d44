import { mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { StartupError } from "../../errors.ts";
import { modelCardFile, selectModelFiles } from "../model-files.ts";
import { type OnnxWeights, readWeights } from "../weights/onnx-weights.ts";
import type { WeightsChoice } from "../weights/pick-weights.ts";
import { downloadBlob, hashFile, sizeOf } from "./blob-download.ts";
import { type DownloadFileSystem, diskFileSystem } from "./download-file-system.ts";
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
import { createNetworkFetch } from "./network-fetch.ts";
import { defaultRetryPolicy, type RetryPolicy, retry } from "./retry.ts";

/** Progress of a download. */
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

/** A model that is in the cache now. */
export interface DownloadedModel extends Snapshot {
  /** Files that were in the cache with wrong bytes, and were fetched again. */
  readonly replaced: readonly string[];
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
  /**
   * Whether to read the files that are in the cache, and to fetch those again whose bytes are not
   * the hub's. Default: false, their sizes are compared.
   */
  readonly verify?: boolean | undefined;
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
export async function downloadModel(options: DownloadModelOptions): Promise<DownloadedModel> {
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

async function download(options: CheckedOptions): Promise<DownloadedModel> {
  const { id, hub, revision, signal, fileSystem = diskFileSystem } = options;
  const { endpoint, cacheDirectory } = hub;
  const { retryPolicy = defaultRetryPolicy } = options;
  const bareFetch = options.fetch ?? (await createNetworkFetch(hub.network ?? {}));
  const fetch = createHubFetch({ ...hub, fetch: bareFetch });
  const listing = await retry(
    () => {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(listingTimeoutMs)]);
      return listHubFiles({ id, revision, endpoint, fetch, signal: limited });
    },
    retryPolicy,
    signal,
  );
  const { files, expected, onnxPath } = neededFiles(options, listing.files);
  const repo = repoDirectory(cacheDirectory, id);
  const directory = snapshotDirectory(cacheDirectory, id, listing.commit);
  await mkdir(directory, { recursive: true });
  await checkDiskSpace([...files, ...expected], repo, options, fileSystem);
  const report = createReport([...files, ...expected], options.onProgress);
  const replaced: string[] = [];

  async function fetchFile(file: HubFile): Promise<void> {
    const { hex } = file.hash;
    const blobPath = join(repo, "blobs", hex);
    const pointer = join(directory, file.path);
    if (options.verify && (await isWrong(pointer, file, signal))) {
      await Promise.all([rm(pointer, { force: true }), rm(blobPath, { force: true })]);
      replaced.push(file.path);
    }
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

  for (const file of files) await fetchFile(file);
  const beside = externalFilesOf(await readWeights(directory, onnxPath), id, listing.files);
  await checkDiskSpace(beside, repo, options, fileSystem);
  for (const file of beside) await fetchFile(file);
  await writeRef(repo, revision, listing.commit);
  return { directory, commit: listing.commit, replaced };
}

interface NeededFiles {
  /** In the order to fetch them. */
  readonly files: readonly HubFile[];
  /** Files beside the graph that it most likely names, for the sum of bytes only. */
  readonly expected: readonly HubFile[];
  readonly onnxPath: string;
}

function neededFiles(options: DownloadModelOptions, listed: readonly HubFile[]): NeededFiles {
  const byPath = new Map(listed.map((file) => [file.path, file]));
  const { paths, weights } = selectModelFiles(options.id, [...byPath.keys()], options);
  const files = paths.flatMap((path) => {
    const file = byPath.get(path);
    if (file === undefined) return [];
    return path === modelCardFile && file.sizeBytes > maxModelCardBytes ? [] : [file];
  });
  const usualNames = new RegExp(`^${escapeRegExp(weights.path)}(_data(_\\d+)?|\\.data)$`);
  const expected = listed.filter(({ path }) => usualNames.test(path));
  return { files, expected, onnxPath: weights.path };
}

/** Returns the files that a graph keeps weights in. Throws a StartupError if one is not listed. */
function externalFilesOf(
  { path, externalFiles }: OnnxWeights,
  id: string,
  listed: readonly HubFile[],
): HubFile[] {
  return externalFiles.map((external) => {
    const file = listed.find((known) => known.path === external.path);
    if (file !== undefined && file.sizeBytes >= external.neededBytes) return file;
    const problem = file === undefined ? "does not have" : "has only a part of";
    throw new StartupError(
      `\`${path}\` keeps its weights in \`${external.path}\`, which \`${id}\` ${problem}`,
      {
        hint: "choose another file with --dtype or --onnx-file, or another conversion of the model",
      },
    );
  });
}

async function isWrong(path: string, file: HubFile, signal: AbortSignal): Promise<boolean> {
  if ((await sizeOf(path)) === undefined) return false;
  const { algorithm, hex } = file.hash;
  return (await hashFile(path, algorithm, signal)) !== hex;
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

async function checkDiskSpace(
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
