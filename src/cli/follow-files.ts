import { unwatchFile, watchFile } from "node:fs";

/** How often the files are looked at, in milliseconds. */
export const followPollMs = 1_000;

/**
 * Calls `onChange` when one of the files changes, until the returned function is called. Looks at
 * them again and again, because events of the file system do not tell of what Kubernetes does to
 * mounted secrets: it puts another folder behind a link.
 */
export function followFiles(
  paths: readonly string[],
  onChange: () => void,
  pollMs = followPollMs,
): () => void {
  const listener = (): void => onChange();
  for (const path of paths) watchFile(path, { interval: pollMs, persistent: false }, listener);
  return () => {
    for (const path of paths) unwatchFile(path, listener);
  };
}
