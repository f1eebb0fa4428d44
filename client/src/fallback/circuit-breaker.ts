/** Permission for one call: call exactly one of its functions, once. */
export interface Permit {
  /** The server answered. */
  succeeded(): void;
  /** The server failed. */
  failed(failure: Failure): void;
  /** The call says nothing about the server. */
  released(): void;
}

/** A failure of the server, as the breaker counts it. */
export interface Failure {
  /** Whether one such failure is enough. */
  readonly conclusive: boolean;
  /** The server's `retryAfterMs`, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** `closed`: calls pass; `open`: none does; `half_open`: one may, to see. */
export type BreakerState = "closed" | "open" | "half_open";

/** Keeps calls from a server that does not answer. */
export interface CircuitBreaker {
  readonly state: BreakerState;
  /** Returns a permit for one call, or undefined if the server is to be left alone. */
  enter(): Permit | undefined;
}

/** Options of a circuit breaker. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open it, where none is conclusive. */
  readonly failureThreshold: number;
  /** How long it stays open at first, in milliseconds; twice as long with every probe that fails. */
  readonly initialBackoffMs: number;
  /** How long it stays open at most, in milliseconds. */
  readonly maxBackoffMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  /** A number from 0 to below 1. */
  readonly random: () => number;
}

/** Doublings after which any back-off has reached its most; keeps the power finite. */
const maxDoublings = 50;

/** Returns a breaker that is closed. */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { failureThreshold, initialBackoffMs, maxBackoffMs, nowMs, random } = options;
  let failures = 0;
  /** Times it opened in a row; 0 when closed. */
  let openings = 0;
  let retryAtMs = 0;
  let probing = false;
  /** Counts changes, so that what was asked before one says nothing after it. */
  let epoch = 0;

  function close(): void {
    if (openings > 0) epoch += 1;
    failures = 0;
    openings = 0;
    probing = false;
  }

  function open(retryAfterMs: number): void {
    const backoffMs = initialBackoffMs * 2 ** Math.min(openings, maxDoublings);
    // Half of the wait is random, so that many clients do not come back at the same moment.
    const jitter = 0.5 + random() / 2;
    const waitMs = Math.max(Math.min(backoffMs, maxBackoffMs) * jitter, retryAfterMs);
    retryAtMs = nowMs() + Math.min(waitMs, maxBackoffMs);
    openings += 1;
    failures = 0;
    probing = false;
    epoch += 1;
  }

  function permit(): Permit {
    const issued = epoch;
    const isProbe = probing;
    return {
      succeeded: close,
      failed({ conclusive, retryAfterMs = 0 }) {
        if (issued !== epoch) return;
        failures += 1;
        if (isProbe || conclusive || failures >= failureThreshold) open(retryAfterMs);
      },
      released() {
        if (issued === epoch && isProbe) probing = false;
      },
    };
  }

  const isDue = (): boolean => nowMs() >= retryAtMs;
  return {
    get state() {
      if (openings === 0) return "closed";
      return probing || isDue() ? "half_open" : "open";
    },
    enter() {
      if (openings > 0) {
        if (probing || !isDue()) return undefined;
        probing = true;
      }
      return permit();
    },
  };
}
