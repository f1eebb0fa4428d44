import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";

/** A process that listens on a port. */
export interface PortHolder {
  readonly pid: number;
  /**
   * Its program, and the script that an interpreter runs; nothing more of its command line, which
   * may hold secrets. Empty where the system does not report it.
   */
  readonly program: string;
}

/** The state of a socket that listens, as the kernel writes it. */
const listening = "0A";

/**
 * Returns the process that listens on a TCP port of this machine, read from Linux's `/proc`;
 * undefined elsewhere, and where the process belongs to somebody else. `proc` is the folder of the
 * kernel's files.
 */
export function findPortHolder(port: number, proc = "/proc"): PortHolder | undefined {
  const wanted = new Set(inodesOf(port, proc).map((inode) => `socket:[${inode}]`));
  if (wanted.size === 0) return undefined;
  const pids = listOrNothing(proc).filter((name) => /^\d+$/.test(name));
  const pid = pids.find((name) => {
    const folder = join(proc, name, "fd");
    return listOrNothing(folder).some((fd) => wanted.has(linkOrNothing(join(folder, fd))));
  });
  if (pid === undefined) return undefined;
  return { pid: Number(pid), program: programOf(readOrNothing(join(proc, pid, "cmdline"))) };
}

/** Programs whose first word is a script. */
const interpreter = /^(node|bun|deno|ruby|perl|php|(ba|da|z)?sh|python[\d.]*)$/;

function programOf(commandLine: string): string {
  const [path = "", script = ""] = commandLine.split("\0");
  const program = basename(path);
  const names =
    interpreter.test(program) && !script.startsWith("-") ? [program, basename(script)] : [program];
  return names.join(" ").trim();
}

function inodesOf(port: number, proc: string): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = ["tcp", "tcp6"].flatMap((name) =>
    readOrNothing(join(proc, "net", name)).split("\n"),
  );
  return lines.flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    return local.endsWith(`:${hex}`) && state === listening && inode ? [inode] : [];
  });
}

function listOrNothing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOrNothing(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
