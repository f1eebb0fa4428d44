import { httpStatusOf, RerankError, type RerankErrorCode } from "../../errors.ts";
import type { ErrorFacts } from "./error-shapes.ts";

/** Details of an HttpError besides its status and message. */
export interface HttpErrorOptions {
  /** Headers of the answer, for example `allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The request field at fault. */
  readonly field?: string;
  /** The limit that the request was over, in the unit that the message names. For logs. */
  readonly limit?: number;
}

/**
 * A fault that only HTTP can express, such as a wrong method. Its message is written for the
 * client.
 */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  readonly code: RerankErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly field: string | undefined;
  readonly limit: number | undefined;

  constructor(
    status: number,
    code: RerankErrorCode,
    message: string,
    options: HttpErrorOptions = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
    this.field = options.field;
    this.limit = options.limit;
  }
}

/** The parts of an error that the plain JSON routes send, whatever its shape. */
export interface ErrorAnswer extends ErrorFacts {
  readonly headers: Readonly<Record<string, string>>;
}

/** Shortest wait that `Retry-After` can express. */
const minRetryAfterSeconds = 1;

/** Returns the value of `Retry-After`: whole seconds, rounded up. Default wait: the shortest. */
export function retryAfterSeconds(retryAfterMs = 0): string {
  return String(Math.max(minRetryAfterSeconds, Math.ceil(retryAfterMs / 1_000)));
}

/**
 * Turns an error into its answer. For an error that is neither an HttpError nor a RerankError the
 * answer is only `internal error`.
 */
export function errorAnswerOf(error: unknown): ErrorAnswer {
  if (error instanceof HttpError) return error;
  if (!(error instanceof RerankError)) {
    return { status: 500, code: "internal", message: "internal error", headers: {} };
  }
  const { code, message, field, retryAfterMs } = error;
  const headers = headersOf(code, retryAfterMs);
  return { status: statusOf(error), code, message, field, headers };
}

/** Clients send a 429 again by themselves, so what would be refused again is no such answer. */
function statusOf({ code, retryAfterMs }: RerankError): number {
  const isForGood = code === "resource_exhausted" && retryAfterMs === undefined;
  return httpStatusOf[isForGood ? "invalid_argument" : code];
}

function headersOf(
  code: RerankErrorCode,
  retryAfterMs: number | undefined,
): Readonly<Record<string, string>> {
  switch (code) {
    case "resource_exhausted":
      return retryAfterMs === undefined ? {} : { "retry-after": retryAfterSeconds(retryAfterMs) };
    case "unavailable":
      return { "retry-after": retryAfterSeconds(retryAfterMs) };
    case "unauthenticated":
      return { "www-authenticate": "Bearer" };
    default:
      return {};
  }
}
