/** An answer of HTTP/1.1 at the start of what was received. */
export interface Http1Answer {
  readonly status: number;
  /** The body without its chunks' sizes. */
  readonly body: Buffer;
  /** Whether the connection can take another request. */
  readonly keepAlive: boolean;
  /** Bytes that the answer takes. */
  readonly bytes: number;
}

/**
 * Reads an answer; undefined while it is not whole. A body without a length goes to the end of the
 * connection. `100 Continue` is passed over.
 */
export function readHttp1Answer(
  received: Buffer,
  options: { readonly isHead: boolean; readonly ended: boolean },
): Http1Answer | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = received.subarray(0, headEnd).toString("latin1").toLowerCase();
  const status = Number(/^http\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0);
  const start = headEnd + 4;
  if (status === 100) {
    const next = readHttp1Answer(received.subarray(start), options);
    return next && { ...next, bytes: next.bytes + start };
  }
  const keepAlive = !head.includes("\r\nconnection: close");
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
  const isEmpty = options.isHead || status === 204 || status === 304;
  if (isEmpty) return { status, body: Buffer.alloc(0), keepAlive, bytes: start };
  if (length !== undefined) {
    const end = start + Number(length);
    if (received.length < end) return undefined;
    return { status, body: received.subarray(start, end), keepAlive, bytes: end };
  }
  if (head.includes("\r\ntransfer-encoding: chunked")) {
    const chunked = readChunks(received, start);
    return chunked && { status, keepAlive, ...chunked };
  }
  if (!options.ended) return undefined;
  return { status, body: received.subarray(start), keepAlive: false, bytes: received.length };
}

/** Reads a chunked body and its trailer; undefined while it is not whole. */
function readChunks(
  received: Buffer,
  start: number,
): { readonly body: Buffer; readonly bytes: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = received.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(received.subarray(at, lineEnd).toString("latin1"), 16);
    const from = lineEnd + 2;
    if (size === 0) {
      const hasTrailer = received.subarray(from, from + 2).toString("latin1") !== "\r\n";
      const end = hasTrailer ? received.indexOf("\r\n\r\n", from) + 4 : from + 2;
      const isWhole = end >= from + 2 && end <= received.length;
      return isWhole ? { body: Buffer.concat(parts), bytes: end } : undefined;
    }
    parts.push(received.subarray(from, from + size));
    at = from + size + 2;
    if (at > received.length) return undefined;
  }
}
