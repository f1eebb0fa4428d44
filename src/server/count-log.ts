import type { Logger } from "../telemetry/log.ts";

/** Shortest time between two log lines, in milliseconds. */
const quietMs = 1_000;

/** What a line of counts says. */
export interface CountLine {
  /** The field that holds the counts. */
  readonly field: string;
  readonly message: string;
}

/**
 * Returns a function that counts an event by its reason, and logs the counts as warnings: the first
 * at once, the others together at most once a second, so that a flood of events is no flood of
 * lines.
 */
export function createCountLog(
  log: Logger,
  { field, message }: CountLine,
): (reason: string) => void {
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    if (counts.size === 0) return;
    log.warn({ [field]: Object.fromEntries(counts) }, message);
    counts.clear();
    timer = setTimeout(tell, quietMs).unref();
  };
  return (reason) => {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    if (timer === undefined) tell();
  };
}
