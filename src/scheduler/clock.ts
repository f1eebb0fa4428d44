/** A source of time that only moves forward. Injected, so that tests decide what time it is. */
export interface Clock {
  /** Returns milliseconds since some fixed moment. */
  now(): number;
}

/** The machine's monotonic clock. */
export const systemClock: Clock = { now: () => performance.now() };
