import { Code, ConnectError } from "@connectrpc/connect";
import { errorFromAbort, grpcCodeOf, RerankError } from "../../errors.ts";
import { retryAfterSeconds } from "../http/http-error.ts";
import { retryInfoOf } from "./retry-info.ts";

/**
 * Turns a RerankError into the status that a client sees, with the time to wait before another try
 * where there is one.
 */
export function connectErrorOf(error: RerankError): ConnectError {
  const { code, message, retryAfterMs } = error;
  const metadata =
    retryAfterMs === undefined ? {} : { "retry-after": retryAfterSeconds(retryAfterMs) };
  const connectError = new ConnectError(message, grpcCodeOf[code], metadata, undefined, error);
  if (retryAfterMs !== undefined) connectError.details.push({ ...retryInfoOf(retryAfterMs) });
  return connectError;
}

/**
 * Returns the reason of an aborted call as a RerankError: `deadline_exceeded` if Connect's timer
 * fired, `unavailable` if the server gave up, else `cancelled`.
 */
export function abortErrorOf(signal: AbortSignal): RerankError {
  const { reason } = signal;
  if (reason instanceof ConnectError && reason.code === Code.DeadlineExceeded) {
    return new RerankError("deadline_exceeded", "the deadline passed before the request was done");
  }
  return errorFromAbort(signal);
}
