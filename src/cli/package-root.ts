import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { StartupError } from "../errors.ts";
import type { PrecompressedText } from "../server/http/content-coding.ts";

/** The name of the bundled model: its folder in `models/`, and what requests call it. */
export const bundledModelName = "rerankd-mini-v3";

/** This file runs from dist/src/cli, three folders below the package's own. */
const packageRoot = new URL("../../../", import.meta.url);

/** Returns the absolute path of the bundled model's folder. */
export function bundledModelDirectory(): string {
  return fileURLToPath(new URL(`models/${bundledModelName}`, packageRoot));
}

/** Returns the package's version. */
export function packageVersion(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL("package.json", packageRoot), "utf8"),
  );
  return manifest.version;
}

/**
 * Returns the page that `GET /` answers, in HTML, with its compressed forms. Throws a StartupError if
 * it was not built.
 */
export function readPage(): PrecompressedText {
  const read = (name: string) => readFileSync(new URL(`dist/page/${name}`, packageRoot));
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
