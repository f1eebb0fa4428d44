import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The name of the bundled model: its folder in `models/`, and what requests call it. */
export const bundledModelName = "rerankd-multilingual-v1";

/** The package's folder: this file runs from dist/src. */
const packageRoot = new URL("../../", import.meta.url);

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
