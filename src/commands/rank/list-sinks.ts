import { type FileHandle, open } from "node:fs/promises";
import type { Writable } from "node:stream";
import { StartupError } from "../../errors.ts";
import { reasonOf } from "../files/read-input.ts";
import { writeOutput } from "../files/write-output.ts";

/** Where lines go: a file or a stream. */
export interface Sink extends AsyncDisposable {
  /** Bytes that a file holds; 0 for a stream. */
  readonly bytes: number;
  /** Cuts a file to what is kept of it. Nothing is changed before, so that a run which cannot begin loses nothing. */
  begin(): Promise<void>;
  /** Writes text whole; resolves with whether somebody reads it, when there is room for more. */
  write(text: string): Promise<boolean>;
  /** Resolves once what was written outlives a crash of the machine. */
  sync(): Promise<void>;
}

/** Returns a stream as a sink. */
export function streamSink(stream: Writable): Sink {
  return {
    bytes: 0,
    async begin() {},
    write: async (text) => await writeOutput(stream, text),
    async sync() {},
    async [Symbol.asyncDispose]() {},
  };
}

/**
 * Opens the file of a flag, of which `keep` bytes stay. Rejects with a StartupError that names the flag
 * if it cannot be written, or holds less.
 */
export async function openFileSink(path: string, flag: string, keep: number): Promise<Sink> {
  const file = await open(path, "a").catch((cause: unknown) => {
    throw cannotWrite(path, flag, cause);
  });
  let canCut: boolean;
  try {
    canCut = await checkLength(file, keep, path);
  } catch (cause) {
    await file.close();
    throw cause instanceof StartupError ? cause : cannotWrite(path, flag, cause);
  }
  let bytes = keep;
  return {
    get bytes() {
      return bytes;
    },
    async begin() {
      if (!canCut) return;
      await file.truncate(keep).catch((cause: unknown) => {
        throw cannotWrite(path, flag, cause);
      });
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

/** Returns whether the file can be cut: a pipe or a device holds nothing. Rejects if it holds less than is kept. */
async function checkLength(file: FileHandle, keep: number, path: string): Promise<boolean> {
  const stats = await file.stat();
  if (!stats.isFile() && keep === 0) return false;
  if (stats.size < keep) {
    throw new StartupError(
      `\`${path}\` holds ${stats.size} bytes, and the run to go on with wrote ${keep}`,
      { hint: "begin anew without --resume" },
    );
  }
  return true;
}

function cannotWrite(path: string, flag: string, cause: unknown): StartupError {
  const message = `--${flag} cannot be written: \`${path}\`: ${reasonOf(cause)}`;
  return new StartupError(message, { cause });
}
