#!/usr/bin/env node
/**
 * Runs the image that scripts/build-image.sh has laid into .cache/image, as crun runs it: with a
 * read-only root, without capabilities and as a user that the image does not know. Prints what was
 * checked, the size and what is in it, and exits with 1 if a check failed. Needs root, for crun.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../server-process.ts";
import { checks } from "./checks.ts";
import type { ImageConfig } from "./container.ts";

const folder = join(packageRoot, ".cache/image");
const { Docker } = JSON.parse(readFileSync(join(folder, "image.json"), "utf8")) as {
  readonly Docker: { readonly config: ImageConfig };
};
const image = { rootfs: join(folder, "rootfs"), config: Docker.config };

for (const { title, run } of checks) {
  try {
    const found = await run(image);
    process.stdout.write(`ok      ${title}${found ? `: ${found}` : ""}\n`);
  } catch (error) {
    process.exitCode = 1;
    process.stdout.write(`FAILED  ${title}: ${error instanceof Error ? error.message : error}\n`);
  }
}
