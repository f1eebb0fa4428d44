import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { StartupError } from "../../errors.ts";
import { withFileLock } from "../../file-lock.ts";
import type { DownloadFile, DownloadFileSystem } from "./download-file-system.ts";
import { type Fetch, HubStatusError } from "./hub-fetch.ts";
import type { FileHash, HubFile } from "./hub-listing.ts";
import { InterruptedError, isNetworkError, type RetryPolicy, retry } from "./retry.ts";

/** Options of downloading one blob. */
export interface BlobDownloadOptions {
  readonly url: string;
  readonly file: HubFile;
  /** Where the finished blob goes; its bytes are gathered in `<blobPath>.incomplete`. */
  readonly blobPath: string;
  readonly lockPath: string;
  readonly fetch: Fetch;
  readonly fileSystem: DownloadFileSystem;
  readonly retryPolicy: RetryPolicy;
  /** A connection without a byte for this long is given up and tried again, in milliseconds. */
  readonly stallTimeoutMs: number;
  readonly signal: AbortSignal;
  /**
   * Called with how many bytes of the file are present. The number falls if the file is downloaded
   * again.
   */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Progress that earns a fresh set of attempts, in bytes. Small enough for bad lines, large enough
 * to bound the attempts.
 */
const countedProgressBytes = 1024 * 1024;

/**
 * Downloads a blob, going on from what an earlier attempt or process left, and puts it in place
 * once its size and hash are right; wrong bytes are removed. Another process at the same blob is
 * waited for. Rejects with the last error; what was fetched is kept for the next call.
 */
export async function downloadBlob(options: BlobDownloadOptions): Promise<void> {
  const { blobPath, file, lockPath, onBytes, signal, retryPolicy } = options;
  const partialPath = `${blobPath}.incomplete`;
  for (const path of [blobPath, lockPath]) await mkdir(dirname(path), { recursive: true });
  const onWait = () => void sizeOf(partialPath).then((bytes) => onBytes(bytes ?? 0));
  let countedBytes = (await sizeOf(partialPath)) ?? 0;
  await withFileLock(lockPath, { signal, onWait }, () =>
    retry(
      (progressed) =>
        downloadOnce(options, partialPath, (position) => {
          onBytes(position);
          // Bytes that are fetched a second time do not count, so the attempts have an end.
          if (position - countedBytes < countedProgressBytes) return;
          countedBytes = position;
          progressed();
        }),
      retryPolicy,
      signal,
    ),
  );
  onBytes(file.sizeBytes);
}

/** Returns a file's size in bytes, or undefined if it is not there. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    (stats) => stats.size,
    () => undefined,
  );
}

async function downloadOnce(
  options: BlobDownloadOptions,
  partialPath: string,
  onPosition: (position: number) => void,
): Promise<void> {
  const { blobPath, file } = options;
  if ((await sizeOf(blobPath)) === file.sizeBytes) return;
  try {
    const startBytes = await fetchRest(options, partialPath, onPosition);
    await verify(options, partialPath, startBytes > 0);
    await rename(partialPath, blobPath);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code !== "ENOENT") throw cause;
    // A process that held the lock too, and was done first, has moved the partial file.
    throw new InterruptedError(`${basename(partialPath)} went away`, { cause });
  }
}

/** Fetches what the partial file lacks. Returns the position that it went on from, in bytes. */
async function fetchRest(
  options: BlobDownloadOptions,
  partialPath: string,
  onPosition: (position: number) => void,
): Promise<number> {
  const { url, file, fetch, fileSystem, signal, stallTimeoutMs } = options;
  const present = (await sizeOf(partialPath)) ?? 0;
  if (present > file.sizeBytes) throw await startAnew(partialPath, "is too long");
  if (present === file.sizeBytes && present > 0) return present;

  let startBytes = present;
  let position = present;
  const open = async (response: Response) => {
    startBytes = startOf(response, present, file.sizeBytes);
    position = startBytes;
    return fileSystem.open(partialPath, position === 0 ? "w" : "r+");
  };
  const get = (readSignal: AbortSignal) =>
    fetch(url, { headers: rangeFrom(present), signal: readSignal });
  try {
    await readWithStallLimit({ get, open, signal, stallTimeoutMs }, async (chunk, handle) => {
      if (position + chunk.length > file.sizeBytes) {
        throw await startAnew(partialPath, "got more bytes than the hub lists");
      }
      await writeAll(handle, chunk, position);
      position += chunk.length;
      onPosition(position);
    });
  } catch (error) {
    if (!(error instanceof HubStatusError) || error.status !== 416) throw error;
    throw await startAnew(partialPath, "has a part that the hub does not know");
  }
  if (position < file.sizeBytes) throw new InterruptedError(`${file.path} ended early`);
  return startBytes;
}

/** `identity`, because a compressed answer has other positions. */
function rangeFrom(position: number): Record<string, string> {
  const range = position === 0 ? {} : { range: `bytes=${position}-` };
  return { "accept-encoding": "identity", ...range };
}

/** A 200 means that the server does not do ranges, and sends the file from its start. */
function startOf(response: Response, position: number, sizeBytes: number): number {
  if (response.status !== 206) return 0;
  const range = response.headers.get("content-range") ?? "";
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
  if (Number(start) === position && (total === "*" || Number(total) === sizeBytes)) return position;
  throw new InterruptedError(`asked for bytes from ${position}, got: ${range}`);
}

async function startAnew(partialPath: string, why: string): Promise<InterruptedError> {
  await rm(partialPath, { force: true });
  return new InterruptedError(`${basename(partialPath)} ${why}`);
}

async function writeAll(
  handle: Awaited<ReturnType<DownloadFileSystem["open"]>>,
  chunk: Uint8Array,
  position: number,
): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    const left = chunk.length - written;
    const { bytesWritten } = await handle.write(chunk, written, left, position + written);
    written += bytesWritten;
  }
}

/** Returns the hash of a file's bytes, in lower-case hex. */
export async function hashFile(
  path: string,
  algorithm: FileHash["algorithm"],
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm === "sha256" ? "sha256" : "sha1");
  if (algorithm === "git-sha1") hash.update(`blob ${(await stat(path)).size}\0`);
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest("hex");
}

async function verify(
  { file, signal }: BlobDownloadOptions,
  partialPath: string,
  resumed: boolean,
): Promise<void> {
  const { algorithm, hex } = file.hash;
  const got = await hashFile(partialPath, algorithm, signal);
  if (got === hex) return;
  const error = await startAnew(partialPath, `must have the ${algorithm} ${hex}, got: ${got}`);
  // The part from an earlier process may be the damaged one.
  if (resumed) throw error;
  throw new StartupError(`${file.path} was damaged on its way: its ${algorithm} is not the hub's`, {
    hint: "the bytes were removed; try again, and check proxies and HF_ENDPOINT if it goes on",
    cause: error,
  });
}

/** How to read an answer into a file. */
export interface ReadBodyOptions {
  /** Asks for the answer. */
  readonly get: (signal: AbortSignal) => Promise<Response>;
  /** Opens the file, once the answer's head is here. */
  readonly open: (response: Response) => Promise<DownloadFile>;
  readonly signal: AbortSignal;
  /** The longest wait for the answer's head and for each chunk, in milliseconds. */
  readonly stallTimeoutMs: number;
}

/**
 * Calls `onChunk` with each chunk of an answer's body and the file, then brings the file to the
 * disk. Rejects with InterruptedError if the body breaks off or no byte comes for `stallTimeoutMs`.
 * The file is closed in any case.
 */
async function readWithStallLimit(
  options: ReadBodyOptions,
  onChunk: (chunk: Uint8Array, file: DownloadFile) => Promise<void>,
): Promise<void> {
  const { get, open, signal, stallTimeoutMs } = options;
  const stalled = new AbortController();
  const timer = setTimeout(() => {
    stalled.abort(new InterruptedError(`no byte came for ${stallTimeoutMs} ms`));
  }, stallTimeoutMs);
  try {
    const response = await get(AbortSignal.any([signal, stalled.signal]));
    const file = await open(response);
    try {
      for await (const chunk of chunksOf(response)) {
        timer.refresh();
        await onChunk(chunk, file);
      }
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    stalled.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function* chunksOf(response: Response): AsyncGenerator<Uint8Array, void> {
  try {
    yield* response.body ?? [];
  } catch (cause) {
    if (!isNetworkError(cause)) throw cause;
    throw new InterruptedError("the connection was cut", { cause });
  }
}
