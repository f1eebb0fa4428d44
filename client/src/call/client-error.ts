/** The codes in the order of their numbers, from 1. */
const codesFrom1 = [
  "cancelled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
] as const;

/** Code of an error: gRPC's status names in snake case. */
export type RerankClientErrorCode = (typeof codesFrom1)[number];

/** Returns the name of a gRPC status number; `unknown` for one that is none. */
export function codeOfStatus(status: number): RerankClientErrorCode {
  return codesFrom1[status - 1] ?? "unknown";
}

/** Details of a RerankClientError beside its code and message. */
export interface RerankClientErrorOptions {
  /** How long to wait before another try, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What led to this error. */
  readonly cause?: unknown;
}

/**
 * The one error of the client. Only a call that its caller aborted rejects with something else: the
 * reason of the signal.
 */
export class RerankClientError extends Error {
  override readonly name = "RerankClientError";
  readonly code: RerankClientErrorCode;
  /** How long the server asks to wait before another try, in milliseconds, where it says so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: RerankClientErrorCode,
    message: string,
    options: RerankClientErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}
