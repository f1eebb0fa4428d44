import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
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
 * the work begins. Rejects with a StartupError that names `flag`.
 */
export async function openAtomicFile(path: string, flag: string): Promise<AtomicFile> {
  const draft = `${path}.${randomUUID()}.part`;
  const file = await open(draft, "wx").catch((cause: unknown) => {
    throw new StartupError(`--${flag} cannot be written: \`${path}\`: ${reasonOf(cause)}`, {
      cause,
    });
  });
  return {
    async finish(content) {
      await file.writeFile(content);
      await file.sync();
      await file.close();
      await rename(draft, path);
    },
    async discard() {
      await file.close().catch(() => {});
      await rm(draft, { force: true });
    },
  };
}
