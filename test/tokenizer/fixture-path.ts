import { fileURLToPath } from "node:url";

/** Returns the path of a file or folder in test/fixtures, as seen from the compiled tests. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../../test/fixtures/${name}`, import.meta.url));
}
