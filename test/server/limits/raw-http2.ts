import type { TestContext } from "node:test";
import { connectRaw, type RawConnection } from "../http-client.ts";

/** Types of HTTP/2 frames (RFC 9113, section 6). */
export const frameType = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  continuation: 9,
} as const;

/** Flags of frames. */
export const flag = { endStream: 1, endHeaders: 4 } as const;

/** CANCEL. */
export const cancelled = Buffer.from([0, 0, 0, 8]);

/** ENHANCE_YOUR_CALM. */
export const calmDown = 11;

/** A frame as it is sent or received. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

const frameHeadBytes = 9;

/** Returns the bytes of a frame. */
export function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUIntBE(payload.byteLength, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** Returns header fields in HPACK, each written out; names and values below 127 bytes. */
export function headerBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]),
  );
}

/** The header fields of a request. */
export function requestFields(method: string, path: string): (readonly [string, string])[] {
  return [
    [":method", method],
    [":scheme", "http"],
    [":path", path],
    [":authority", "x"],
  ];
}

/** Opens a raw connection and sends the preface with empty settings. */
export async function openHttp2(context: TestContext, port: number): Promise<RawConnection> {
  const raw = await connectRaw(context, port);
  raw.socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  raw.socket.write(frame(frameType.settings, 0, 0, Buffer.alloc(0)));
  return raw;
}

/** Returns the whole frames that were received. */
export function framesOf(raw: RawConnection): Frame[] {
  const bytes = Buffer.from(raw.received(), "latin1");
  const frames: Frame[] = [];
  for (let at = 0; at + frameHeadBytes <= bytes.byteLength; ) {
    const end = at + frameHeadBytes + bytes.readUIntBE(at, 3);
    if (end > bytes.byteLength) break;
    frames.push({
      type: bytes.readUInt8(at + 3),
      flags: bytes.readUInt8(at + 4),
      streamId: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + frameHeadBytes, end),
    });
    at = end;
  }
  return frames;
}

/** Returns the error code of the last GOAWAY that was received, or undefined. */
export function goawayCodeOf(raw: RawConnection): number | undefined {
  return framesOf(raw)
    .filter(({ type }) => type === frameType.goaway)
    .at(-1)
    ?.payload.readUInt32BE(4);
}

/**
 * Writes chunks until there are no more, or the connection is closed; each waits until the one
 * before was handed to the system.
 */
export async function writeAll(raw: RawConnection, chunks: Iterable<Uint8Array>): Promise<void> {
  let isClosed = false;
  void raw.closed.then(() => {
    isClosed = true;
  });
  for (const chunk of chunks) {
    if (isClosed) return;
    await new Promise((resolve) => raw.socket.write(chunk, resolve));
    // Lets what comes in be read, the end of the connection too.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
