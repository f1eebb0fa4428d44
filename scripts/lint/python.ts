/**
 * Checks the style of the Python files with Ruff, of the version in requirements.txt, which it
 * installs into .cache. Exits with 1 if something is found. Without Python it checks nothing and
 * says so; with `--fix` it fixes what it can.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../test/server-process.ts";
import { findPython, preparePython } from "../python-environments.ts";

const python = findPython();
if (python === undefined) {
  process.stdout.write("no Python 3.11 or later with venv here: Python files are not checked\n");
  process.exit(0);
}
const folder = join(packageRoot, ".cache", "lint");
mkdirSync(folder, { recursive: true });
const requirements = join(packageRoot, "scripts", "lint", "requirements.txt");
const interpreter = preparePython(python, join(folder, "python"), requirements);
const fix = process.argv.includes("--fix");
const runs = fix ? [["check", "--fix"], ["format"]] : [["check"], ["format", "--check", "--diff"]];
for (const run of runs) {
  const ruff = ["-m", "ruff", ...run, "."];
  const { status } = spawnSync(interpreter, ruff, { cwd: packageRoot, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
