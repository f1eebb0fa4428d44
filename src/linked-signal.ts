/** An abort signal that follows others, and a function that stops it. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Aborts by itself. */
  abort(reason: unknown): void;
  /**
   * Stops following the others and clears the timer. The signal never aborts by them afterwards.
   */
  unlink(): void;
}

/** The signals and the time-out that a linked signal follows. */
export interface LinkedSignalOptions {
  /** Signals to follow. */
  readonly signals: readonly AbortSignal[];
  /** Turns the reason of a followed signal into the reason of the new one. Default: the same. */
  readonly toReason?: (signal: AbortSignal) => unknown;
  /** Aborts after this many milliseconds. Default: never. */
  readonly timeoutMs?: number | undefined;
  /** The reason of that abort. */
  readonly timeoutReason?: () => unknown;
}

/**
 * Returns a signal that aborts when one of the given ones does, or when the time has passed. Unlike
 * with `AbortSignal.any`, the link to a long-lived signal (the server's shutdown) ends with the
 * call.
 */
export function linkSignals(options: LinkedSignalOptions): LinkedSignal {
  const { signals, toReason = (signal) => signal.reason, timeoutMs, timeoutReason } = options;
  const controller = new AbortController();
  const onAbort = (event: Event): void => abort(toReason(event.target as AbortSignal));
  const unlink = (): void => {
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener("abort", onAbort);
  };
  const abort = (reason: unknown): void => {
    unlink();
    controller.abort(reason);
  };
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => abort(timeoutReason?.()), timeoutMs);

  for (const signal of signals) signal.addEventListener("abort", onAbort);
  const aborted = signals.find((signal) => signal.aborted);
  if (aborted) abort(toReason(aborted));
  return { signal: controller.signal, abort, unlink };
}

/**
 * Waits for a promise, but rejects with the reason of the signal at once when it aborts. Leaves
 * nothing behind on it.
 */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
