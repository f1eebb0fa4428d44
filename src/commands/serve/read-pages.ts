import { readFileSync } from "node:fs";
import { brotliDecompressSync, gzipSync } from "node:zlib";
import { StartupError } from "../../errors.ts";
import type { PrecompressedText } from "../../server/http/content-coding.ts";
import type { Pages } from "../../server/http/route.ts";

/** The folder to which the build writes the pages: this file runs from dist/src/commands/serve. */
const pageFolder = new URL("../../../page/", import.meta.url);

/**
 * Returns the pages for people, in HTML, with their compressed forms. Throws a StartupError if they
 * were not built.
 */
export function readPages(): Pages {
  const read = (name: string) => readFileSync(new URL(name, pageFolder));
  try {
    return {
      main: {
        text: read("index.html").toString(),
        br: read("index.html.br"),
        gzip: read("index.html.gz"),
      },
      docs: unpack(read("docs.html.br")),
      grpcDocs: unpack(read("grpc.html.br")),
    };
  } catch (cause) {
    const hint = "run `npm run build`, install the package again, or start with --ui off";
    throw new StartupError("the pages for people are missing", { hint, cause });
  }
}

/** A text that is in the package in its smallest form alone: few ask for it, and never again. */
function unpack(br: Uint8Array): PrecompressedText {
  const text = brotliDecompressSync(br).toString();
  return { text, br, gzip: gzipSync(text) };
}
