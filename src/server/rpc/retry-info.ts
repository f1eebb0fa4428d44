import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { DurationSchema } from "@bufbuild/protobuf/wkt";

/** A detail of an error in the form that Connect sends on. */
export interface ErrorDetail {
  readonly type: string;
  readonly value: Uint8Array;
}

/** Number of the field `retry_delay` in google.rpc.RetryInfo, its only one. */
const retryDelayField = 1;

/**
 * Returns the `google.rpc.RetryInfo` detail, which tells gRPC clients how long to wait before they
 * try again.
 */
export function retryInfoOf(retryAfterMs: number): ErrorDetail {
  const seconds = Math.floor(retryAfterMs / 1_000);
  const nanos = Math.round((retryAfterMs - seconds * 1_000) * 1e6);
  const delay = create(DurationSchema, { seconds: BigInt(seconds), nanos });
  const writer = new BinaryWriter();
  writer.tag(retryDelayField, WireType.LengthDelimited).bytes(toBinary(DurationSchema, delay));
  return { type: "google.rpc.RetryInfo", value: writer.finish() };
}
