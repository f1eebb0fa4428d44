import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { errorFromAbort, grpcCodeOf, RerankError } from "../../errors.ts";
import { retryAfterSeconds } from "../http/http-error.ts";

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

/** A detail of an error in the form that Connect sends on. */
export interface ErrorDetail {
  readonly type: string;
  readonly value: Uint8Array;
}

/** Number of the field `retry_delay` in google.rpc.RetryInfo, its only one. */
const retryDelayField = 1;

/**
 * Returns the `google.rpc.RetryInfo` detail, by which gRPC clients learn how long to wait before a
 * retry.
 */
export function retryInfoOf(retryAfterMs: number): ErrorDetail {
  const seconds = Math.floor(retryAfterMs / 1_000);
  const nanos = Math.round((retryAfterMs - seconds * 1_000) * 1e6);
  const delay = create(DurationSchema, { seconds: BigInt(seconds), nanos });
  const writer = new BinaryWriter();
  writer.tag(retryDelayField, WireType.LengthDelimited).bytes(toBinary(DurationSchema, delay));
  return { type: "google.rpc.RetryInfo", value: writer.finish() };
}
