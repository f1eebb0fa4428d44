import type { DownloadFile } from "./download-file-system.ts";
import { InterruptedError, isNetworkError } from "./retry.ts";

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
export async function readWithStallLimit(
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
