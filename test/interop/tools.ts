import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../server-process.ts";

const run = promisify(execFile);

/** A foreign program that a test drives, or why it cannot. */
export interface Tool {
  readonly path: string;
  /** For the `skip` of a test: false if the tool is there, else the reason. */
  readonly skip: false | string;
}

/**
 * Returns a program that `scripts/setup-interop.sh` installs. Throws if it is missing where
 * `REQUIRE_INTEROP` is set, as in CI, which would otherwise pass without it.
 */
export function interopTool(name: string): Tool {
  const path = join(packageRoot, ".cache", "interop", name);
  if (existsSync(path)) return { path, skip: false };
  const reason = `no ${name} here: run scripts/setup-interop.sh`;
  if (process.env.REQUIRE_INTEROP) throw new Error(reason);
  return { path, skip: reason };
}

/** How a program ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longest run of a foreign program, in milliseconds. */
const toolTimeoutMs = 180_000;

/** Runs a program to its end and returns what it printed, whatever its exit code. */
export async function runTool(path: string, ...args: string[]): Promise<Outcome> {
  try {
    const { stdout, stderr } = await run(path, args, { timeout: toolTimeoutMs, cwd: packageRoot });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Outcome;
    return { code, stdout, stderr };
  }
}
