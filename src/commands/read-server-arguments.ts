import { existsSync, readFileSync } from "node:fs";
import { StartupError } from "../errors.ts";

/** The command whose flags say where a server listens. */
const command = "serve";

/**
 * Returns the arguments after `serve` on the command line of a process of this machine, read from
 * Linux's `/proc`. Returns undefined if there is no such process, it is not a server, or the system
 * has no `/proc`.
 */
export function readServerArguments(pid: number): readonly string[] | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return undefined;
  }
  const words = line.replace(/\0$/, "").split("\0");
  const at = words.indexOf(command);
  return at < 0 ? undefined : words.slice(at + 1);
}

/**
 * Returns the same of a process that somebody named. Throws a StartupError if there is no such
 * process, as far as `/proc` shows it.
 */
export function readNamedArguments(pid: number): readonly string[] | undefined {
  if (existsSync("/proc/self/cmdline") && !existsSync(`/proc/${pid}/cmdline`)) {
    throw new StartupError(`there is no process ${pid}, which --pid names`);
  }
  return readServerArguments(pid);
}
