import type { Logger } from "../telemetry/log.ts";

/** Shortest time between two lines, in milliseconds. */
const quietMs = 1_000;

/**
 * Returns a function that counts a connection that was refused or closed, by reason, and logs the
 * counts: the first at once, the others together at most once a second, so that a flood of
 * connections is no flood of lines.
 */
export function createRefusalLog(log: Logger): (reason: string) => void {
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    if (counts.size === 0) return;
    log.warn({ refused: Object.fromEntries(counts) }, "connections were refused");
    counts.clear();
    timer = setTimeout(tell, quietMs).unref();
  };
  return (reason) => {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    if (timer === undefined) tell();
  };
}
