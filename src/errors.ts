/** Code of an error, which every protocol translates to its own. */
export type RerankErrorCode =
  | "invalid_argument"
  | "unauthenticated"
  | "not_found"
  | "resource_exhausted"
  | "unavailable"
  | "deadline_exceeded"
  | "cancelled"
  | "internal";

/** gRPC status code of each error, as in https://grpc.io/docs/guides/status-codes/. */
export const grpcCodeOf = {
  cancelled: 1,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  resource_exhausted: 8,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const satisfies Record<RerankErrorCode, number>;

/**
 * HTTP status of each error on the plain JSON routes. 422 and not 400 for a bad field, as the
 * guide's server does.
 */
export const httpStatusOf = {
  cancelled: 499,
  invalid_argument: 422,
  unauthenticated: 401,
  deadline_exceeded: 504,
  not_found: 404,
  resource_exhausted: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<RerankErrorCode, number>;

/** Details of a RerankError beside its code and message. */
export interface RerankErrorOptions {
  /** The request field at fault, in wire spelling, for example `top_n`. */
  readonly field?: string;
  /** The limit that the request was over, in the unit that the message names. For logs. */
  readonly limit?: number;
  /**
   * How long a client should wait before it tries again, in milliseconds. A `resource_exhausted`
   * without it is for good: the same request would be refused again.
   */
  readonly retryAfterMs?: number;
  /**
   * Which of several things that were given together is at fault, from 0: a pair of a request, or a
   * request of several.
   */
  readonly position?: number;
  /** What led to this error. Kept for logs, never sent to a client. */
  readonly cause?: unknown;
}

/**
 * The one error that callers of this package see. Its message is written for the client and holds
 * no text of a query or document, no path and no cause. Any other error is a bug, and clients see
 * it as `internal`.
 */
export class RerankError extends Error {
  override readonly name = "RerankError";
  readonly code: RerankErrorCode;
  readonly field: string | undefined;
  readonly limit: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly position: number | undefined;

  constructor(code: RerankErrorCode, message: string, options: RerankErrorOptions = {}) {
    // Half of a character in a status line cannot be encoded, and no error may fail on its way out.
    super(
      message.toWellFormed(),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.field = options.field;
    this.limit = options.limit;
    this.retryAfterMs = options.retryAfterMs;
    this.position = options.position;
  }
}

/**
 * A batch that was lost because the worker that held it crashed. Nothing is wrong with it as far as
 * is known: it may be tried again on the next worker.
 */
export class WorkerCrashError extends RerankError {
  /** Whether the worker was computing the batch, which may then be why it crashed. */
  readonly wasRunning: boolean;

  /** `cause` is the crash: the same object for every batch that was lost to it. */
  constructor(wasRunning: boolean, cause: Error) {
    super("unavailable", "the model is not available now; try again", { cause });
    this.wasRunning = wasRunning;
  }
}

/**
 * Returns the RerankError for an aborted signal: `deadline_exceeded` if the reason is a time-out,
 * else `cancelled`. A reason that is a RerankError is returned as it is.
 */
export function errorFromAbort(signal: AbortSignal): RerankError {
  const { reason } = signal;
  if (reason instanceof RerankError) return reason;
  if (reason instanceof Error && reason.name === "TimeoutError") {
    return new RerankError("deadline_exceeded", "the deadline passed before the request was done");
  }
  return new RerankError("cancelled", "the caller went away", { cause: reason });
}

/** Details of a StartupError beside its message. */
export interface StartupErrorOptions {
  /** What to do. */
  readonly hint?: string;
  /** Whether a setting is at fault that will be wrong again whenever it is tried. Default: false. */
  readonly isUsage?: boolean;
  readonly cause?: unknown;
}

/**
 * A fault that keeps the program from starting. Printed as `error: …` and `hint: …`, exit status 1;
 * 2 for a setting that can never be right.
 */
export class StartupError extends Error {
  override readonly name = "StartupError";
  readonly hint: string | undefined;
  readonly isUsage: boolean;

  constructor(message: string, options: StartupErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.isUsage = options.isUsage ?? false;
  }
}
