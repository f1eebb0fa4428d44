import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Options of waiting for a lock. */
export interface FileLockOptions {
  readonly signal: AbortSignal;
  /** Called at each look at a lock that another process holds. */
  readonly onWait?: () => void;
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

const defaultPollMs = 200;
const defaultStaleAfterMs = 10_000;
/** Signs of life per stale time: enough that a slow disk loses some without harm. */
const beatsPerStaleTime = 5;

/**
 * Runs `action` while no other process runs one under the same lock file. The holder touches the
 * file as long as it lives, and a waiter takes over a lock whose time has stood still, so a killed
 * process blocks no other process for long and clocks need not agree. Rejects with an AbortError if
 * `signal` aborts before the lock is held.
 *
 * Node has no `flock`, and a holder whose disk hangs may be taken for dead, so `action` must bear a
 * second holder.
 */
export async function withFileLock<T>(
  path: string,
  options: FileLockOptions,
  action: () => Promise<T>,
): Promise<T> {
  const owner = randomUUID();
  const { staleAfterMs = defaultStaleAfterMs } = options;
  await mkdir(dirname(path), { recursive: true });
  await acquire(path, owner, options);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, staleAfterMs / beatsPerStaleTime);
  try {
    return await action();
  } finally {
    clearInterval(beat);
    if ((await ownerOf(path)) === owner) await rm(path, { force: true });
  }
}

async function acquire(path: string, owner: string, options: FileLockOptions): Promise<void> {
  const { signal, onWait, pollMs = defaultPollMs, staleAfterMs = defaultStaleAfterMs } = options;
  let seen: SignOfLife | undefined;
  let idleMs = 0;
  while (!(await tryCreate(path, owner))) {
    const sign = await readSignOfLife(path);
    const alive = sign.owner !== seen?.owner || sign.touchedMs !== seen?.touchedMs;
    // Counted in looks, not read from a clock: a pause of the whole machine makes no holder look
    // dead.
    idleMs = alive ? 0 : idleMs + pollMs;
    seen = sign;
    if (idleMs >= staleAfterMs) await removeStale(path, sign.owner, owner);
    onWait?.();
    await sleep(pollMs, undefined, { signal });
  }
}

async function tryCreate(path: string, owner: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

interface SignOfLife {
  readonly owner: string | undefined;
  readonly touchedMs: number | undefined;
}

async function readSignOfLife(path: string): Promise<SignOfLife> {
  const [stats, owner] = await Promise.all([stat(path).catch(() => undefined), ownerOf(path)]);
  return { owner, touchedMs: stats?.mtimeMs };
}

async function ownerOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

/**
 * Moves the lock away first, so that of two waiters only one removes it; a lock taken meanwhile is
 * put back.
 */
async function removeStale(path: string, stale: string | undefined, by: string): Promise<void> {
  const aside = `${path}.${by}`;
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  if ((await ownerOf(aside)) !== stale) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
