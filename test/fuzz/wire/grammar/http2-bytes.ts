import type { Random } from "../../random.ts";
import { mutateBytes } from "./mutate.ts";
import type { WireRequest } from "./wire-request.ts";

/** What every HTTP/2 connection of a client begins with. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Types of frames, by their numbers in RFC 9113. */
const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

const flag = { endStream: 1, endHeaders: 4 } as const;

/** The payload of the ping that ends an input; its answer tells that all before it was read. */
export const lastPing = Buffer.from("fuzzping");

/** Returns a frame. */
export function frameOf(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

/**
 * Returns the bytes of a whole connection: preface, settings, one to three calls among other
 * frames, of which up to three are wrong, and a last ping.
 */
export function http2BytesOf(random: Random, requests: readonly WireRequest[]): Buffer {
  const frames = [frameOf(frameType.settings, 0, 0, settingsOf(random))];
  requests.forEach((request, at) => {
    frames.push(...callFramesOf(random, request, 2 * at + 1));
  });
  for (let left = random.below(4); left > 0; left -= 1) {
    const at = random.below(frames.length + 1);
    const action = random.below(4);
    if (action === 0) frames[at] = mutateBytes(random, frames[at] ?? lastPing);
    else if (action === 1) frames.splice(at, 1);
    else if (action === 2) frames.splice(at, 0, frames[random.below(frames.length)] ?? lastPing);
    else frames.splice(at, 0, oddFrameOf(random));
  }
  const start = random.once(40) ? mutateBytes(random, preface) : preface;
  const flood = random.once(60) ? floodOf(random) : [];
  return Buffer.concat([start, ...frames, ...flood, frameOf(frameType.ping, 0, 0, lastPing)]);
}

function callFramesOf(random: Random, request: WireRequest, stream: number): Buffer[] {
  const block = headerBlockOf(random, request);
  const frames: Buffer[] = [];
  if (random.once(6) && block.length > 1) {
    const cut = 1 + random.below(block.length - 1);
    frames.push(frameOf(frameType.headers, 0, stream, block.subarray(0, cut)));
    const rest = block.subarray(cut);
    frames.push(frameOf(frameType.continuation, flag.endHeaders, stream, rest));
  } else frames.push(frameOf(frameType.headers, flag.endHeaders, stream, block));
  const { body } = request;
  const cut = random.once(4) ? random.below(body.length + 1) : body.length;
  if (cut < body.length) frames.push(frameOf(frameType.data, 0, stream, body.subarray(0, cut)));
  const end = random.once(30) ? 0 : flag.endStream;
  frames.push(frameOf(frameType.data, end, stream, body.subarray(cut < body.length ? cut : 0)));
  if (random.once(8)) frames.push(frameOf(frameType.reset, 0, stream, Buffer.from([0, 0, 0, 8])));
  return frames;
}

const oddFields = [
  [":path", ""],
  [":path", "*"],
  [":method", "CONNECT"],
  [":scheme", "ftp"],
  [":authority", "["],
  [":authority", "a b"],
  [":status", "200"],
  [":unknown", "x"],
  ["Upper", "case"],
  ["connection", "close"],
  ["transfer-encoding", "chunked"],
  ["te", "gzip"],
  ["content-length", "1"],
  ["host", "other"],
  ["x", "\u0000"],
  ["", "x"],
  ["cookie", "a=b"],
] as const;

/** Returns a header block of literals that are not indexed, which every decoder knows. */
function headerBlockOf(random: Random, { method, path, headers }: WireRequest): Buffer {
  const fields: (readonly [string, string])[] = [
    [":method", method],
    [":path", path],
    [":scheme", "http"],
    [":authority", "localhost"],
    ...headers,
  ];
  for (let left = random.once(4) ? 1 + random.below(2) : 0; left > 0; left -= 1) {
    const at = random.below(fields.length + 1);
    if (random.once(3)) fields.splice(at, 1);
    else fields.splice(at, 0, random.pick(oddFields));
  }
  const block = Buffer.concat(fields.map(([name, value]) => literalOf(name, value)));
  return random.once(15) ? mutateBytes(random, block) : block;
}

function literalOf(name: string, value: string): Buffer {
  const [nameBytes, valueBytes] = [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")];
  const parts = [
    Buffer.from([0]),
    lengthOf(nameBytes),
    nameBytes,
    lengthOf(valueBytes),
    valueBytes,
  ];
  return Buffer.concat(parts);
}

/** Returns the length of a string as HPACK has it: seven bits, and more bytes from 127. */
function lengthOf({ length }: Buffer): Buffer {
  if (length < 127) return Buffer.from([length]);
  const bytes = [127];
  let left = length - 127;
  for (; left >= 128; left >>>= 7) bytes.push((left & 127) | 128);
  return Buffer.from([...bytes, left]);
}

function settingsOf(random: Random): Buffer {
  const count = random.below(3);
  const settings = Array.from({ length: count }, () => {
    const entry = Buffer.alloc(6);
    entry.writeUInt16BE(random.pick([1, 2, 3, 4, 5, 6, 8, 99]), 0);
    entry.writeUInt32BE(random.pick([0, 1, 100, 16_384, 65_535, 2 ** 31, 2 ** 32 - 1]), 2);
    return entry;
  });
  return Buffer.concat(settings);
}

function oddFrameOf(random: Random): Buffer {
  const type = random.pick([...Object.values(frameType), 10, 250]);
  const stream = random.pick([0, 1, 2, 3, 5, 7, 99, 2 ** 31 - 1]);
  const payload = random.pick([
    Buffer.alloc(0),
    Buffer.alloc(4),
    Buffer.from([0x7f, 0xff, 0xff, 0xff]),
    Buffer.alloc(8, 1),
    random.bytes(random.below(40)),
    Buffer.alloc(16_384),
    Buffer.alloc(17_000),
  ]);
  return frameOf(type, random.below(256), stream, payload);
}

/** Many frames of one kind that cost the server an answer or memory each. */
function floodOf(random: Random): Buffer[] {
  const zero = Buffer.alloc(4);
  const frame = random.pick([
    frameOf(frameType.ping, 0, 0, Buffer.alloc(8)),
    frameOf(frameType.settings, 0, 0, Buffer.alloc(0)),
    frameOf(frameType.priority, 0, 1, Buffer.alloc(5)),
    frameOf(frameType.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1])),
    frameOf(frameType.reset, 0, 1, zero),
    frameOf(frameType.continuation, 0, 1, zero),
  ]);
  return new Array<Buffer>(random.below(500)).fill(frame);
}
