import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { addAbortSignal, pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { UsageError } from "../../config/options/parse-options.ts";
import { StartupError } from "../../errors.ts";
import type { InputStream, ProcessContext } from "../process-context.ts";

/** The bytes of a file or the standard input, and its name for messages. */
export interface Input {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads a file, or the standard input for `-` and where no file is named. Throws UsageError if that
 * is a terminal, and StartupError if the file cannot be read. Ends with an AbortError if
 * `context.stop` aborts.
 */
export async function readInput(
  file: string | undefined,
  { stdin, stop }: ProcessContext,
): Promise<Input> {
  if (file === undefined || file === "-") return await readStdin(file, stdin(), stop);
  try {
    return { name: file, bytes: await readFile(file, { signal: stop }) };
  } catch (cause) {
    if (stop.aborted) throw cause;
    throw new StartupError(`${file} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

async function readStdin(
  file: string | undefined,
  stdin: InputStream,
  stop: AbortSignal,
): Promise<Input> {
  if (file === undefined && stdin.isTTY) {
    throw new UsageError(["a FILE is missing, or `-` for the standard input"]);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of addAbortSignal(stop, stdin)) chunks.push(Buffer.from(chunk));
  return { name: "the standard input", bytes: Buffer.concat(chunks) };
}

/** Returns why a file cannot be read or written, in words where they are common. */
export function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const words: Readonly<Record<string, string>> = {
    ENOENT: "it does not exist",
    EACCES: "permission denied",
    EISDIR: "it is a folder",
    Z_BUF_ERROR: "its gzip data is cut short",
    Z_DATA_ERROR: "it is not gzip data, or is damaged",
  };
  return words[code] ?? (code || "unknown reason");
}

/** A line that is not blank, and where it stands: `FILE:LINE`. */
export interface PlacedLine {
  readonly text: string;
  readonly place: string;
}

/**
 * Yields the lines of a text file that are not blank; a name that ends in `.gz` is unpacked on the
 * way. Memory is that of one line. Throws a StartupError if the file cannot be read or is not UTF-8,
 * and an AbortError if the signal aborts.
 */
export async function* readLines(path: string, signal: AbortSignal): AsyncGenerator<PlacedLine> {
  let number = 0;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  try {
    for await (const chunk of openBytes(path, signal)) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        number += 1;
        if (line.trim() !== "") yield { text: line, place: `${path}:${number}` };
      }
    }
    rest += decoder.decode();
  } catch (cause) {
    if (signal.aborted || cause instanceof StartupError) throw cause;
    const reason = cause instanceof TypeError ? "it is not text in UTF-8" : reasonOf(cause);
    throw new StartupError(`${path} cannot be read: ${reason}`, { cause });
  }
  if (rest.trim() !== "") yield { text: rest, place: `${path}:${number + 1}` };
}

/** Opens a file from a byte on; one whose name ends in `.gz` is unpacked, and `start` is 0. */
export function openBytes(path: string, signal: AbortSignal, start = 0): Readable {
  const file = createReadStream(path, { signal, start });
  if (!path.endsWith(".gz")) return file;
  // What goes wrong with either of them ends both, and is thrown to the reader of the second.
  return pipeline(file, createGunzip(), () => {});
}
