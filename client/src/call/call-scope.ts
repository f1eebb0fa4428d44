import { RerankClientError } from "./client-error.ts";

/**
 * The signal and deadline of one call, which ends when the deadline passes, its caller aborts, or
 * the client closes.
 */
export interface CallScope {
  /** Aborts when the call must end; its reason is what the call rejects with. */
  readonly signal: AbortSignal;
  /** The whole time of the call in milliseconds, undefined without a deadline. */
  readonly timeoutMs: number | undefined;
  /**
   * Settles as the promise does, but rejects at once with the signal's reason when that aborts. Any
   * other rejection is a RerankClientError; what is none becomes `unknown`.
   */
  race<Value>(promise: Promise<Value>): Promise<Value>;
  /** Ends the call with this reason, unless it has one. */
  abort(reason: unknown): void;
  /** Forgets the deadline and the signals. */
  close(): void;
}

/** The limits of a call scope. */
export interface CallScopeOptions {
  /** In milliseconds; `Infinity` for none. */
  readonly timeoutMs: number;
  /** The first that aborts ends the call with its reason. */
  readonly signals: readonly (AbortSignal | undefined)[];
}

/** The longest deadline that the 8 digits of a gRPC header can hold, in milliseconds: 27 hours. */
const maxTimeoutMs = 99_999_999;

/** Returns a scope whose time begins now. A deadline of more than 27 hours is none. */
export function openCallScope(options: CallScopeOptions): CallScope {
  const controller = new AbortController();
  const { signal } = controller;
  const abort = (reason: unknown): void => controller.abort(reason);
  const signals = options.signals.filter((other) => other !== undefined);
  const links = signals.map((other) => {
    const onAbort = (): void => abort(other.reason);
    if (other.aborted) onAbort();
    else other.addEventListener("abort", onAbort, { once: true });
    return () => other.removeEventListener("abort", onAbort);
  });
  const timeoutMs = options.timeoutMs > maxTimeoutMs ? undefined : Math.ceil(options.timeoutMs);
  const message = "the deadline passed before the server answered";
  const expire = (): void => abort(new RerankClientError("deadline_exceeded", message));
  const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
  return {
    signal,
    timeoutMs,
    race: (promise) =>
      new Promise((resolve, reject) => {
        const onAbort = (): void => reject(signal.reason);
        if (signal.aborted) onAbort();
        signal.addEventListener("abort", onAbort, { once: true });
        promise
          .then(resolve, (error) => reject(signal.aborted ? signal.reason : clientErrorOf(error)))
          .finally(() => signal.removeEventListener("abort", onAbort));
      }),
    abort,
    close() {
      clearTimeout(timer);
      for (const unlink of links) unlink();
    },
  };
}

function clientErrorOf(error: unknown): RerankClientError {
  if (error instanceof RerankClientError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new RerankClientError("unknown", message, { cause: error });
}
