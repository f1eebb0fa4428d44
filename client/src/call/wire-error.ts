import { codeOfStatus, RerankClientError, type RerankClientErrorCode } from "./client-error.ts";

/** The status with which a call ended, as its transport reports it. */
export interface WireStatus {
  /** gRPC's number. */
  readonly status: number;
  readonly message: string;
  /** Whether it came from the server. False: the transport made it up. */
  readonly fromServer: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause: unknown;
}

/**
 * Codes that transports give to connections that broke. A server that is gone cannot be
 * distinguished from one that is restarting, so all of them mean `unavailable`.
 */
const brokenConnection: ReadonlySet<RerankClientErrorCode> = new Set([
  "aborted",
  "cancelled",
  "data_loss",
  "internal",
  "invalid_argument",
  "unknown",
]);

/** Returns the error of a call that its caller did not abort. */
export function errorOfStatus(end: WireStatus): RerankClientError {
  const { retryAfterMs, cause } = end;
  const code = codeOfStatus(end.status);
  const message = end.message || `the server answered \`${code}\` and no more`;
  // A reset of the stream is no answer either, from either side.
  if (code === "cancelled" || (!end.fromServer && brokenConnection.has(code))) {
    const text = `the connection to the server broke: ${message}`;
    return new RerankClientError("unavailable", text, { retryAfterMs, cause });
  }
  return new RerankClientError(code, message, { retryAfterMs, cause });
}
