import type { Readable, Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { ServerRequest } from "../call/call.ts";
import { HttpError } from "./http-error.ts";

/** The content codings that a request may have beside `identity`. */
const decompressors: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  // Its old name, which means the same (RFC 9110, section 8.4.1.3).
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads and decompresses the body of a request. Rejects with an HttpError: 413 if it is larger than
 * `maxBytes`, before or after decompression (before reading, where `content-length` says so), 415 for
 * an unknown `content-encoding`, 400 if it cannot be decompressed. Rejects with `signal.reason` if
 * the signal aborts first. What is left unread stays in the request.
 */
export async function readBody(
  request: ServerRequest,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const declaredBytes = Number(request.headers["content-length"] ?? 0);
  if (declaredBytes > maxBytes) throw tooLarge(maxBytes);
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity") return collect(request, maxBytes, signal);
  const decompressor = Object.hasOwn(decompressors, encoding) ? decompressors[encoding] : undefined;
  if (decompressor === undefined) {
    throw new HttpError(
      415,
      "invalid_argument",
      "`content-encoding` must be one of `gzip`, `deflate`, `br`, `identity`",
      { headers: { "accept-encoding": "gzip, deflate, br" } },
    );
  }
  const compressed = await collect(request, maxBytes, signal);
  const stream = decompressor();
  stream.end(compressed);
  try {
    return await collect(stream, maxBytes, signal);
  } finally {
    stream.destroy();
  }
}

/** Reads a stream to its end, up to `maxBytes`: see readBody. */
function collect(source: Readable, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) finish(() => reject(tooLarge(maxBytes)));
      else chunks.push(chunk);
    };
    const onEnd = (): void => finish(() => resolve(Buffer.concat(chunks, bytes)));
    const onAbort = (): void => finish(() => reject(signal.reason));
    const onError = (): void => {
      const message = "the body does not match its `content-encoding`";
      finish(() => reject(new HttpError(400, "invalid_argument", message)));
    };
    const finish = (settle: () => void): void => {
      source.off("data", onData).off("end", onEnd).off("error", onError);
      // A stream without an error listener throws, and a request can still fail while its rest is
      // thrown away.
      source.on("error", () => undefined);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort);
    source.on("data", onData).on("end", onEnd).on("error", onError);
  });
}

function tooLarge(maxBytes: number): HttpError {
  const message = `the body must be at most ${maxBytes} bytes`;
  return new HttpError(413, "resource_exhausted", message, { limit: maxBytes });
}
