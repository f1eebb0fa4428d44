import { type FileHandle, open } from "node:fs/promises";
import type { Writable } from "node:stream";
import { StartupError } from "../../errors.ts";
import { reasonOf } from "../files/read-input.ts";
import { writeOutput } from "../files/write-output.ts";

/** Where lines go: a file or a stream. */
export interface Sink extends AsyncDisposable {
  /** Bytes that a file holds; 0 for a stream. */
  readonly bytes: number;
  /** Writes text whole; resolves with whether somebody reads it, when there is room for more. */
  write(text: string): Promise<boolean>;
  /** Resolves once what was written outlives a crash of the machine. */
  sync(): Promise<void>;
}

/** Returns a stream as a sink. */
export function streamSink(stream: Writable): Sink {
  return {
    bytes: 0,
    write: async (text) => await writeOutput(stream, text),
    async sync() {},
    async [Symbol.asyncDispose]() {},
  };
}

/**
 * Opens the file of a flag, and cuts it to `keep` bytes. Rejects with a StartupError that names the
 * flag if it cannot be written, or holds less.
 */
export async function openFileSink(path: string, flag: string, keep: number): Promise<Sink> {
  const file = await open(path, "a").catch((cause: unknown) => {
    throw cannotWrite(path, flag, cause);
  });
  try {
    await cut(file, keep, path);
  } catch (cause) {
    await file.close();
    throw cause instanceof StartupError ? cause : cannotWrite(path, flag, cause);
  }
  let bytes = keep;
  return {
    get bytes() {
      return bytes;
    },
    async write(text) {
      const data = Buffer.from(text);
      await file.appendFile(data).catch((cause: unknown) => {
        throw cannotWrite(path, flag, cause);
      });
      bytes += data.length;
      return true;
    },
    async sync() {
      await file.datasync();
    },
    async [Symbol.asyncDispose]() {
      await file.close();
    },
  };
}

/** A pipe or a device holds nothing that could be cut. */
async function cut(file: FileHandle, keep: number, path: string): Promise<void> {
  const stats = await file.stat();
  if (!stats.isFile() && keep === 0) return;
  if (stats.size < keep) {
    throw new StartupError(
      `\`${path}\` holds ${stats.size} bytes, and the run to go on with wrote ${keep}`,
      { hint: "begin anew without --resume" },
    );
  }
  await file.truncate(keep);
}

function cannotWrite(path: string, flag: string, cause: unknown): StartupError {
  const message = `--${flag} cannot be written: \`${path}\`: ${reasonOf(cause)}`;
  return new StartupError(message, { cause });
}
