/**
 * Runs the compiled tests, or those whose path contains one of the arguments. `node --test` of Node
 * 20 takes no glob, hence this list of files.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../test", import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.js"))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  .map((path) => join(root, path))
  .sort();
if (files.length === 0) throw new Error(`no test matches: ${wanted.join(" ")}`);
const { status } = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" });
process.exitCode = status ?? 1;
