import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { StartupError } from "../../errors.ts";
import { reasonOf } from "./read-input.ts";

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

function openBytes(path: string, signal: AbortSignal): Readable {
  const file = createReadStream(path, { signal });
  if (!path.endsWith(".gz")) return file;
  // What goes wrong with either of them ends both, and comes to whoever reads the second.
  return pipeline(file, createGunzip(), () => {});
}
