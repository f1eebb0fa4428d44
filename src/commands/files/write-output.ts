import { randomUUID } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { StartupError } from "../../errors.ts";
import { reasonOf } from "./read-input.ts";

/**
 * Writes text and resolves once it has been handed to the stream, with whether somebody reads it. A
 * reader that has gone, as with `| head`, is no fault; anything else rejects with a StartupError.
 */
export async function writeOutput(stream: Writable, text: string): Promise<boolean> {
  // The failure comes to the callback too; without a listener the event would end the process.
  const ignore = (): void => {};
  stream.on("error", ignore);
  const error = await new Promise<Error | null | undefined>((resolve) => {
    stream.write(text, resolve);
  });
  if (error && !("code" in error && error.code === "EPIPE")) {
    const message = `the output cannot be written: ${reasonOf(error)}`;
    throw new StartupError(message, { cause: error });
  }
  if (!error) stream.off("error", ignore);
  return !error;
}

/** A file that appears under its name whole or not at all. */
export interface AtomicFile {
  /** Writes the content and gives the file its name, in place of what was there. */
  finish(content: string): Promise<void>;
  /** Leaves nothing behind, unless the file was finished. */
  discard(): Promise<void>;
}

/**
 * Opens a file beside its final place, so that a folder which cannot be written to is known before
 * the work begins. A pipe or a device stays what it is, and is written to; a link stays, too. Rejects with
 * a StartupError that names `flag`.
 */
export async function openAtomicFile(path: string, flag: string): Promise<AtomicFile> {
  const cannotWrite = (cause: unknown): never => {
    throw new StartupError(`--${flag} cannot be written: \`${path}\`: ${reasonOf(cause)}`, {
      cause,
    });
  };
  const place = await realpath(path).catch(() => path);
  const stats = await stat(place).catch(() => undefined);
  if (stats !== undefined && !stats.isFile()) {
    return streamFile(await open(place, "w").catch(cannotWrite));
  }
  const draft = `${place}.${randomUUID()}.part`;
  const file = await open(draft, "wx").catch(cannotWrite);
  return {
    async finish(content) {
      await file.writeFile(content);
      await file.sync();
      await file.close();
      await rename(draft, place);
    },
    async discard() {
      await file.close().catch(() => {});
      await rm(draft, { force: true });
    },
  };
}

/** Returns a pipe or a device, which holds nothing and has no other name. */
function streamFile(file: FileHandle): AtomicFile {
  const close = async (): Promise<void> => await file.close().catch(() => {});
  return {
    async finish(content) {
      await file.writeFile(content);
      await close();
    },
    discard: close,
  };
}
