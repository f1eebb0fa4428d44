import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { StartupError } from "../../errors.ts";
import { acquireFileLock, type FileLock, type FileLockOptions } from "../../file-lock.ts";
import type { ProcessContext } from "../process-context.ts";
import { describeHolder, lifeOf, readHolder } from "./lock-holder.ts";
import { reasonOf } from "./read-input.ts";

/** A file that a command writes as it goes, and its flag. */
export interface LockedOutput {
  readonly flag: string;
  readonly path: string;
}

/** Options of locking outputs. */
export interface OutputLockOptions extends Pick<FileLockOptions, "pollMs" | "staleAfterMs"> {
  /** Whether it is an error if a lock file cannot be made; else a note says so. */
  readonly isRequired: boolean;
}

/** The locks of the files that a command writes, until they are disposed of. */
export interface OutputLocks extends AsyncDisposable {
  /**
   * Rejects with a StartupError if another process has taken one over. To be called before each write;
   * looks once a second.
   */
  check(): Promise<void>;
}

/** What a lock is named by, after the name of its file. */
export const lockSuffix = ".rerankd.lock";

/** How often to look whether a lock is lost, in milliseconds: a fraction of the time without life. */
const checkEveryMs = 1_000;

/**
 * Keeps other processes of this program from writing the same files: beside each there is `FILE.rerankd.lock`,
 * with the holder in it. Rejects with a StartupError, which names it too, if another process writes
 * one. The lock of a process that is dead is taken over: at once where the kernel knows, else when it
 * has shown no life for ten seconds. A pipe or a device may have several writers, and gets no lock.
 */
export async function lockOutputs(
  outputs: readonly LockedOutput[],
  context: ProcessContext,
  options: OutputLockOptions,
): Promise<OutputLocks> {
  const held: { readonly output: LockedOutput; readonly lock: FileLock }[] = [];
  let checkedMs = Date.now();
  let lost: LockedOutput | undefined;
  const locks: OutputLocks = {
    async check() {
      // Of the clock that goes on while the machine sleeps.
      const nowMs = Date.now();
      if (lost === undefined && Math.abs(nowMs - checkedMs) < checkEveryMs) return;
      checkedMs = nowMs;
      for (const { output, lock } of held) if (await lock.isLost()) lost ??= output;
      if (lost === undefined) return;
      const reason = "which found no sign of life of this one";
      throw new StartupError(
        `--${lost.flag} is written by another process now, ${reason}: \`${lost.path}\``,
      );
    },
    async [Symbol.asyncDispose]() {
      for (const { lock } of held.toReversed()) await lock[Symbol.asyncDispose]();
    },
  };
  try {
    for (const output of outputs) {
      const lock = await lockOutput(output, context, options);
      if (lock !== undefined) held.push({ output, lock });
    }
    return locks;
  } catch (error) {
    await locks[Symbol.asyncDispose]();
    throw error;
  }
}

async function lockOutput(
  { flag, path }: LockedOutput,
  { pid, stop, stderr }: ProcessContext,
  { isRequired, ...timing }: OutputLockOptions,
): Promise<FileLock | undefined> {
  const lockPath = await lockPathOf(path);
  if (lockPath === undefined) return undefined;
  let isWaiting = false;
  try {
    return await acquireFileLock(lockPath, {
      ...timing,
      signal: stop,
      owner: await describeHolder(pid),
      isDead: async (text) => {
        const holder = readHolder(text);
        return holder !== undefined && (await lifeOf(holder)) === "dead";
      },
      async onWait({ owner, hasShownLife }) {
        const holder = readHolder(owner);
        if (owner && holder === undefined) {
          throw new StartupError(`--${flag} cannot be locked: \`${lockPath}\` is another file`, {
            hint: "remove it, or write another file",
          });
        }
        const who =
          holder === undefined ? "another process" : `pid ${holder.pid} on ${holder.host}`;
        if (hasShownLife || (holder !== undefined && (await lifeOf(holder)) === "alive")) {
          const since = holder === undefined ? "" : `, since ${holder.since}`;
          throw new StartupError(`--${flag} is being written by ${who}${since}: \`${path}\``, {
            hint: "wait until it is done, or write another file",
          });
        }
        if (!isWaiting)
          stderr.write(`note: \`${lockPath}\` is of ${who}; waiting to see if it lives\n`);
        isWaiting = true;
      },
    });
  } catch (cause) {
    if (cause instanceof StartupError || stop.aborted) throw cause;
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    // No folder: whoever opens the output says so.
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    const problem = `cannot be locked: \`${lockPath}\`: ${reasonOf(cause)}`;
    if (isRequired) throw new StartupError(`--${flag} ${problem}`, { cause });
    stderr.write(`note: --${flag} ${problem}; nothing keeps other writers from it\n`);
    return undefined;
  }
}

/** Returns the same path for all names of a file, links among them; undefined for what needs no lock. */
async function lockPathOf(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats !== undefined && !stats.isFile()) return undefined;
  const folder = dirname(resolve(path));
  const place = await realpath(path).catch(async () =>
    join(await realpath(folder).catch(() => folder), basename(path)),
  );
  return `${place}${lockSuffix}`;
}
