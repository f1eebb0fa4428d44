/** Bytes before each message: its length. */
const headBytes = 4;

/** Yields the messages that the suite writes to its programs. */
export async function* readFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let received = Buffer.alloc(0);
  for await (const chunk of source) {
    received = Buffer.concat([received, chunk]);
    while (received.length >= headBytes) {
      const end = headBytes + received.readUInt32BE(0);
      if (received.length < end) break;
      yield received.subarray(headBytes, end);
      received = received.subarray(end);
    }
  }
}

/** Returns a message as the suite reads it. */
export function frameOf(message: Uint8Array): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(message.length);
  return Buffer.concat([head, message]);
}
