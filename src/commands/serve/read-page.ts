import { readFileSync } from "node:fs";
import { StartupError } from "../../errors.ts";
import type { PrecompressedText } from "../../server/http/content-coding.ts";

/** Where the build writes the page: this file runs from dist/src/commands/serve. */
const pageFolder = new URL("../../../page/", import.meta.url);

/**
 * Returns the page that `GET /` answers, in HTML, with its compressed forms. Throws a StartupError if
 * it was not built.
 */
export function readPage(): PrecompressedText {
  const read = (name: string) => readFileSync(new URL(name, pageFolder));
  try {
    return {
      text: read("index.html").toString(),
      br: read("index.html.br"),
      gzip: read("index.html.gz"),
    };
  } catch (cause) {
    const hint = "run `npm run build`, install the package again, or start with --ui off";
    throw new StartupError("the page for `GET /` is missing", { hint, cause });
  }
}
