import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { compressionGzip } from "@connectrpc/connect-node";
import { RerankError } from "../../../errors.ts";
import { connectErrorOf } from "../connect-error.ts";
import { tooLargeError } from "../decode-error.ts";

const decompress = promisify(gunzip);

/**
 * The gzip of RPCs. Connect's own files a message that is no gzip under INTERNAL, as a fault of the
 * server; this one throws INVALID_ARGUMENT, or RESOURCE_EXHAUSTED for a message that is too large.
 */
export const gzip: Compression = {
  name: compressionGzip.name,
  compress: (bytes) => compressionGzip.compress(bytes),
  async decompress(bytes, maxBytes) {
    if (bytes.byteLength === 0) return new Uint8Array(0);
    try {
      return new Uint8Array(await decompress(bytes, { maxOutputLength: maxBytes }));
    } catch (cause) {
      throw errorOf(cause, maxBytes);
    }
  },
};

function errorOf(cause: unknown, maxBytes: number): ConnectError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ERR_BUFFER_TOO_LARGE") return tooLargeError(maxBytes, cause);
  const message = "a message could not be decompressed";
  return connectErrorOf(new RerankError("invalid_argument", message, { cause }));
}
