import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Returns the interpreter's name, or undefined if there is no Python 3.11 or later with venv. */
export function findPython(): string | undefined {
  const check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
  try {
    execFileSync("python3", ["-c", check], { stdio: "ignore" });
    return "python3";
  } catch {
    return undefined;
  }
}

/**
 * Returns the interpreter of a virtual environment in `folder` with exactly what `requirements`
 * lists. Installs it if it is not there, or if the list has changed since.
 */
export function preparePython(python: string, folder: string, requirements: string): string {
  const isWindows = process.platform === "win32";
  const interpreter = join(folder, ...(isWindows ? ["Scripts", "python.exe"] : ["bin", "python"]));
  const installed = join(folder, "installed.txt");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(installed) && readFileSync(installed, "utf8") === wanted) return interpreter;

  rmSync(folder, { recursive: true, force: true });
  execFileSync(python, ["-m", "venv", folder], { stdio: "inherit" });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
  execFileSync(interpreter, [...pip, "--requirement", requirements], { stdio: "inherit" });
  writeFileSync(installed, wanted);
  return interpreter;
}
