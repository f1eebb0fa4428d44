import type { Clock } from "../../src/clock.ts";

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves time on and runs what comes due, in order. */
  advance(ms: number): void;
  /** How many calls are still to come. */
  readonly waiting: number;
}

/** Returns a clock at 0. */
export function createManualClock(): ManualClock {
  const timers = new Set<{ readonly dueMs: number; readonly run: () => void }>();
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    after(delayMs, run) {
      const timer = { dueMs: nowMs + delayMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      nowMs += ms;
      const due = [...timers].filter(({ dueMs }) => dueMs <= nowMs);
      for (const timer of due.sort((a, b) => a.dueMs - b.dueMs)) {
        timers.delete(timer);
        timer.run();
      }
    },
    get waiting() {
      return timers.size;
    },
  };
}
