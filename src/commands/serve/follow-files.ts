import { stat } from "node:fs/promises";

/** How often the files are polled, in milliseconds. */
const followPollMs = 1_000;

/** Options of following files. */
export interface FollowOptions {
  /** What stampOf() returned before the files were read, so that no change is missed. */
  readonly since: string;
  /** Resolves to false if what it read cannot be used: it is then called again at every look. */
  readonly onChange: () => Promise<boolean>;
  /** How often to look, in milliseconds. Default: 1,000. */
  readonly pollMs?: number | undefined;
}

/** Returns a text that is another one after a file was changed, replaced or removed. */
export async function stampOf(paths: readonly string[]): Promise<string> {
  const stamps = paths.map(async (path) => {
    const stats = await stat(path, { bigint: true }).catch(() => undefined);
    return stats && [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(":");
  });
  return (await Promise.all(stamps)).join(" ");
}

/**
 * Calls `onChange` when one of the files changes, until the returned function is called. Polls
 * them, because file system events do not report how Kubernetes replaces mounted secrets: it points
 * a link to another folder.
 */
export function followFiles(
  paths: readonly string[],
  { since, onChange, pollMs = followPollMs }: FollowOptions,
): () => void {
  let taken = since;
  let isEnded = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const stamp = await stampOf(paths);
    if (isEnded) return;
    // Taken only once it could be used: a read may fail without a fault of the files.
    if (stamp !== taken && (await onChange())) taken = stamp;
    arm();
  };
  const arm = (): void => {
    if (!isEnded) timer = setTimeout(() => void look(), pollMs).unref();
  };
  arm();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}
