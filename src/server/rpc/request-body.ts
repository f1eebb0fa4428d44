import type { ServerRequest } from "../call/call.ts";
import { decodeBase64 } from "./base64-body.ts";
import { checkEnvelopes } from "./check-envelopes.ts";
import type { RpcContentType } from "./rpc-content-type.ts";

/** The body of an RPC, as Connect's handlers read it. */
export interface RequestBody {
  readonly chunks: AsyncIterable<Uint8Array>;
  /**
   * Throws away what was not read. Must be called once nobody reads any more: the client may wait
   * for room to send the rest, and over HTTP/1.1 the next request of the connection stands behind
   * it.
   */
  discard(): void;
}

/**
 * Returns the body of a request. Reading it leaves the request whole: Node's own iterator destroys
 * a request that is not read to its end, and with it the connection's next requests.
 */
export function requestBodyOf(request: ServerRequest, type: RpcContentType): RequestBody {
  const bytes: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
  const decoded = type.isBase64 ? decodeBase64(bytes) : bytes;
  const chunks = type.hasEnvelopes ? checkEnvelopes(decoded, type.protocol) : decoded;
  return {
    chunks,
    discard() {
      const iterator = bytes[Symbol.asyncIterator]();
      // Settles once a read that waits for bytes has them.
      const stopped = iterator.return?.() ?? Promise.resolve();
      stopped.then(
        () => request.resume(),
        () => undefined,
      );
    },
  };
}
