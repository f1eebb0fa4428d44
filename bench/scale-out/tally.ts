/** Part of a scenario: all well, one replica gone, and that replica back. */
export type Phase = "before" | "during" | "after";

/** The phases in their order. */
export const phases: readonly Phase[] = ["before", "during", "after"];

/** What became of the requests of one kind. */
export interface Tally {
  readonly sent: number;
  readonly answered: number;
  /** How many failed, by status. */
  readonly failed: Readonly<Record<string, number>>;
  /** Longest time to an answer or a failure, in ms. */
  readonly slowestMs: number;
  /** How many streams ended before their client ended them, by status. */
  readonly streamsEnded: Readonly<Record<string, number>>;
}

/** Counts requests of one kind. */
export interface Counter {
  readonly tally: Tally;
  /** Runs one request and counts it. Never rejects; tells whether it was answered. */
  count(send: () => Promise<unknown>): Promise<boolean>;
  /** Counts a stream that ended before its client ended it. */
  streamEnded(status: string): void;
}

/**
 * Returns a counter with nothing counted. `statusOf` gives the name under which a failure is
 * counted.
 */
export function createCounter(statusOf: (error: unknown) => string): Counter {
  const failed: Record<string, number> = {};
  const streamsEnded: Record<string, number> = {};
  const tally = { sent: 0, answered: 0, failed, slowestMs: 0, streamsEnded };
  return {
    tally,
    async count(send) {
      const startedMs = performance.now();
      tally.sent += 1;
      try {
        await send();
        tally.answered += 1;
        return true;
      } catch (error) {
        addOne(failed, statusOf(error));
        return false;
      } finally {
        tally.slowestMs = Math.max(tally.slowestMs, performance.now() - startedMs);
      }
    },
    streamEnded: (status) => addOne(streamsEnded, status),
  };
}

function addOne(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** Returns counts as a text: `2 unavailable, 1 cancelled`, or `none`. */
export function describeCounts(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).toSorted(([a], [b]) => a.localeCompare(b));
  return entries.length === 0 ? "none" : entries.map(([name, n]) => `${n} ${name}`).join(", ");
}

/** Returns the parts of a whole in percent: `33 / 33 / 34`; `–` where there is nothing. */
export function describeShares(counts: readonly number[]): string {
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum === 0) return "–";
  return counts.map((count) => Math.round((count / sum) * 100)).join(" / ");
}
