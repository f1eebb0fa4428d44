import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../server-process.ts";

/** Returns the version of an installed package. */
export function versionOf(name: string): string {
  const path = join(packageRoot, "node_modules", name, "package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
}
