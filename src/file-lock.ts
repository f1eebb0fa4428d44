import { randomUUID } from "node:crypto";
import { lstat, open, readFile, rm, utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** A lock of another process, as it looks from outside. */
export interface HeldLock {
  /** What its file says; undefined if that cannot be read, or the lock is being given back. */
  readonly owner: string | undefined;
  /** Whether its holder has shown life since it was seen first. */
  readonly hasShownLife: boolean;
}

/** Options of waiting for a lock. */
export interface FileLockOptions {
  readonly signal: AbortSignal;
  /** What the lock file says; no other holder says the same. Default: something random. */
  readonly owner?: string;
  /**
   * Returns whether the holder of a lock is known to be dead, so that it need not be waited for.
   * Default: it never is.
   */
  readonly isDead?: (owner: string) => Promise<boolean>;
  /**
   * Called at each look at a lock that another process holds. What it throws, or rejects with, ends
   * the wait.
   */
  readonly onWait?: (held: HeldLock) => Promise<void> | void;
  /**
   * How often to look at a held lock, in milliseconds. Default: 200, as fast as a progress bar
   * moves.
   */
  readonly pollMs?: number;
  /**
   * A lock that shows no life for this long, in milliseconds, is left by a dead process. Default:
   * 10,000.
   */
  readonly staleAfterMs?: number;
}

/** A lock that is held, until it is disposed of. */
export interface FileLock extends AsyncDisposable {
  /** Resolves with whether another process has taken this one for dead, and has the lock now. */
  isLost(): Promise<boolean>;
}

const defaultPollMs = 200;
const defaultStaleAfterMs = 10_000;
/** Signs of life per stale time: enough that a slow disk loses some without harm. */
const beatsPerStaleTime = 5;
/** How often a lock that is left is tried to be removed: another program may read it just then. */
const maxFailures = 10;

/**
 * Runs `action` while no other process runs one under the same lock file: see acquireFileLock.
 */
export async function withFileLock<T>(
  path: string,
  options: FileLockOptions,
  action: () => Promise<T>,
): Promise<T> {
  await using _lock = await acquireFileLock(path, options);
  return await action();
}

/**
 * Takes the lock that is a file at `path`, whose folder must be there. The holder touches the file as
 * long as it lives, and a waiter takes over a lock whose time has stood still, so a killed process
 * blocks no other process for long and clocks need not agree. Rejects with an AbortError if `signal`
 * aborts before the lock is held, and with an error if the file can be neither made nor taken over, or
 * is something else than a file: a link, a pipe, a folder.
 *
 * Node has no `flock`, and a holder whose disk hangs may be taken for dead, so what is done under the
 * lock must bear a second holder, or ask `isLost`.
 */
export async function acquireFileLock(path: string, options: FileLockOptions): Promise<FileLock> {
  const { owner = randomUUID(), staleAfterMs = defaultStaleAfterMs } = options;
  await acquire(path, owner, options);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, staleAfterMs / beatsPerStaleTime);
  return {
    async isLost() {
      const present = await ownerOf(path);
      return present !== undefined && present !== owner;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(beat);
      if ((await ownerOf(path)) === owner) await rm(path, { force: true });
    },
  };
}

async function acquire(path: string, owner: string, options: FileLockOptions): Promise<void> {
  const { signal, isDead, onWait } = options;
  const { pollMs = defaultPollMs, staleAfterMs = defaultStaleAfterMs } = options;
  let seen: SignOfLife | undefined;
  let idleMs = 0;
  let failures = 0;
  while (!(await tryCreate(path, owner))) {
    const sign = await readSignOfLife(path);
    const isSame = seen !== undefined && sign.owner === seen.owner;
    const hasShownLife = isSame && sign.touchedMs !== seen?.touchedMs;
    // Counted in looks, not read from a clock: a pause of the whole machine makes no holder look
    // dead.
    idleMs = isSame && !hasShownLife ? idleMs + pollMs : 0;
    seen = sign;
    const isLeft = idleMs >= staleAfterMs || (sign.owner && (await isDead?.(sign.owner)));
    if (isLeft) {
      try {
        if (await removeStale(path, sign.owner, staleAfterMs)) continue;
      } catch (error) {
        failures += 1;
        if (failures >= maxFailures) throw error;
      }
    } else await onWait?.({ owner: sign.owner, hasShownLife });
    await sleep(pollMs, undefined, { signal });
  }
}

async function tryCreate(path: string, owner: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(owner);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

interface SignOfLife {
  readonly owner: string | undefined;
  readonly touchedMs: number | undefined;
}

async function readSignOfLife(path: string): Promise<SignOfLife> {
  const stats = await lstat(path).catch(() => undefined);
  // A pipe would be waited for, and what a link names is not the lock.
  if (stats !== undefined && !stats.isFile()) throw new Error(`\`${path}\` is not a file`);
  return { owner: await ownerOf(path), touchedMs: stats?.mtimeMs };
}

async function ownerOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

/**
 * Removes a lock that is left, if it is still the same: a file beside it, `FILE.takeover`, keeps all but one
 * waiter from that, who might remove the lock that another has taken since. Resolves with whether the
 * lock may be tried for now; false: another waiter is at it. Rejects with the system's error if the lock
 * stays.
 */
async function removeStale(
  path: string,
  stale: string | undefined,
  staleAfterMs: number,
): Promise<boolean> {
  const claim = `${path}.takeover`;
  if (!(await tryCreate(claim, ""))) {
    const claimed = await lstat(claim).catch(() => undefined);
    // Whoever claimed it was killed meanwhile.
    if (claimed && Date.now() - claimed.mtimeMs > staleAfterMs) await rm(claim, { force: true });
    return false;
  }
  try {
    if ((await readFile(path, "utf8")) === stale) await rm(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return true;
    throw error;
  } finally {
    await rm(claim, { force: true });
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
