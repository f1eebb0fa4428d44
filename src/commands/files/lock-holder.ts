import { randomUUID } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { getPriority, hostname } from "node:os";
import { join } from "node:path";

/** The process that holds a lock, as its file says. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When it took the lock, in ISO 8601, by its own clock. */
  readonly since: string;
  /**
   * On Linux: the host, its boot and the namespace within which a process id means a process;
   * null elsewhere.
   */
  readonly place: string | null;
  /** On Linux: when the process started, in the kernel's ticks; null elsewhere. */
  readonly started: string | null;
}

/** Where Linux has its files about processes. */
const defaultProc = "/proc";

/** Returns what a lock of this process says, different each time. `proc` is the folder of the kernel's files. */
export async function describeHolder(pid: number, proc = defaultProc): Promise<string> {
  const holder: LockHolder = {
    pid,
    host: hostname(),
    since: new Date().toISOString(),
    place: await placeOf(proc),
    started: (await stateOf(pid, proc))?.started ?? null,
  };
  return `${JSON.stringify({ ...holder, id: randomUUID() })}\n`;
}

/** Returns the holder that a lock tells of; undefined if it tells of none. */
export function readHolder(text: string | undefined): LockHolder | undefined {
  try {
    const { pid, host, since, place, started } = JSON.parse(text ?? "");
    const isText = (value: unknown): boolean => typeof value === "string";
    const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
    if (!Number.isSafeInteger(pid) || pid < 1 || !isText(host) || !isText(since)) return undefined;
    if (!isTextOrNull(place) || !isTextOrNull(started)) return undefined;
    return { pid, host, since, place, started };
  } catch {
    return undefined;
  }
}

/**
 * Resolves with whether the holder lives, as the kernel knows: a later process with the same id is
 * another. `unknown`: it is, or may be, of another machine or container, or this system has no `/proc`.
 */
export async function lifeOf(
  { pid, place, started }: LockHolder,
  proc = defaultProc,
): Promise<"alive" | "dead" | "unknown"> {
  if (place === null || started === null || place !== (await placeOf(proc))) return "unknown";
  if (!isProcess(pid)) return "dead";
  const state = await stateOf(pid, proc);
  // `/proc` may hide the processes of other users.
  if (state === undefined) return "unknown";
  return state.started === started && !state.hasEnded ? "alive" : "dead";
}

/** Whether there is a process, or was one that its parent has not asked about yet. */
function isProcess(pid: number): boolean {
  try {
    getPriority(pid);
    return true;
  } catch (error) {
    const { info } = error as { readonly info?: { readonly code?: string } };
    return info?.code !== "ESRCH";
  }
}

async function placeOf(proc: string): Promise<string | null> {
  try {
    const boot = await readFile(join(proc, "sys/kernel/random/boot_id"), "utf8");
    return `${hostname()} ${boot.trim()} ${await readlink(join(proc, "self/ns/pid"))}`;
  } catch {
    return null;
  }
}

/** The letters of a process that has ended, in `stat`. */
const ended = /^[ZXx]$/;

async function stateOf(
  pid: number,
  proc: string,
): Promise<{ readonly started: string; readonly hasEnded: boolean } | undefined> {
  const text = await readFile(join(proc, String(pid), "stat"), "utf8").catch(() => "");
  // The name of the program, between brackets, may hold anything.
  const [letter = "", ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // The 22nd field of all.
  const started = fields[18];
  return started === undefined ? undefined : { started, hasEnded: ended.test(letter) };
}
