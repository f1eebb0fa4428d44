import type { Clock } from "../../src/scheduler/clock.ts";

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
  advance(ms: number): void;
}

/** Returns a clock at 0. */
export function createFakeClock(): FakeClock {
  let nowMs = 0;
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}
