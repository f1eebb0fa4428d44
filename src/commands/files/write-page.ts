import { openAtomicFile } from "./write-output.ts";

/** An HTML file that is written once, completely or not at all. */
export interface PageFile extends AsyncDisposable {
  /** Makes the page, and gives the file its name. */
  write(make: () => Promise<string>): Promise<void>;
}

/**
 * Opens the file of `--html`; undefined if none was asked for. Rejects with a StartupError before
 * the work begins if it cannot be written.
 */
export async function openPage(path: string | undefined): Promise<PageFile | undefined> {
  if (path === undefined) return undefined;
  const file = await openAtomicFile(path, "html");
  return {
    write: async (make) => await file.finish(await make()),
    [Symbol.asyncDispose]: async () => await file.discard(),
  };
}
