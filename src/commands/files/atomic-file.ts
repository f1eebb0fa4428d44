import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { StartupError } from "../../errors.ts";
import { reasonOf } from "./read-input.ts";

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
