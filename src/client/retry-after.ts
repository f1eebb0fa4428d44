import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { AnySchema, DurationSchema } from "@bufbuild/protobuf/wkt";

/** A detail of an error. */
export interface ErrorDetail {
  /** Full name of its message. */
  readonly type: string;
  readonly value: Uint8Array;
}

/** Number of the field `retry_delay` in google.rpc.RetryInfo. */
const retryDelayField = 1;

/** Number of the field `details` in google.rpc.Status. */
const detailsField = 3;

/**
 * Returns how long a server asks to wait, in milliseconds: what its `google.rpc.RetryInfo` says,
 * else its header `retry-after` in seconds. Undefined where neither can be read.
 */
export function retryAfterMsOf(
  details: readonly ErrorDetail[],
  header: string | null | undefined,
): number | undefined {
  for (const { type, value } of details) {
    if (type !== "google.rpc.RetryInfo") continue;
    const [delay] = messageFields(value, retryDelayField);
    if (!delay) continue;
    const { seconds, nanos } = fromBinary(DurationSchema, delay);
    return Number(seconds) * 1_000 + nanos / 1e6;
  }
  const seconds = header ? Number(header) : Number.NaN;
  return seconds >= 0 ? seconds * 1_000 : undefined;
}

/** Returns the details of a serialized google.rpc.Status. */
export function detailsOfStatus(status: Uint8Array): ErrorDetail[] {
  return messageFields(status, detailsField).map((bytes) => {
    const { typeUrl, value } = fromBinary(AnySchema, bytes);
    return { type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value };
  });
}

/** Returns the bytes of every message in the field with this number. */
function messageFields(message: Uint8Array, number: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === number && wireType === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(wireType, field);
  }
  return found;
}
