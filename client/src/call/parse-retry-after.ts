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
    const duration = delay && readMessage(() => fromBinary(DurationSchema, delay));
    if (!duration) continue;
    const delayMs = Number(duration.seconds) * 1_000 + duration.nanos / 1e6;
    if (delayMs >= 0) return delayMs;
  }
  const seconds = header ? Number(header) : Number.NaN;
  return seconds >= 0 ? seconds * 1_000 : undefined;
}

/** Returns the details of a serialized google.rpc.Status that can be read. */
export function detailsOfStatus(status: Uint8Array): ErrorDetail[] {
  return messageFields(status, detailsField).flatMap((bytes) => {
    const any = readMessage(() => fromBinary(AnySchema, bytes));
    if (!any) return [];
    const { typeUrl, value } = any;
    return { type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value };
  });
}

/** Returns a message, or undefined where its bytes are none: an error must not hide another. */
function readMessage<Message>(read: () => Message): Message | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Returns the bytes of every message in the field with this number; none if they are broken. */
function messageFields(message: Uint8Array, number: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  const read = (): Uint8Array[] => {
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === number && wireType === WireType.LengthDelimited) found.push(reader.bytes());
      else reader.skip(wireType, field);
    }
    return found;
  };
  return readMessage(read) ?? [];
}
