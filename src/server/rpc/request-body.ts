import type { ServerRequest } from "../call/call.ts";
import { decodeBase64 } from "./base64-body.ts";
import { createEnvelopeError } from "./decode-error.ts";
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

/** Bytes before the message of an envelope: one of flags, and the length. */
const headBytes = 5;

const compressed = 0b1;

/** In the flags of gRPC-Web: the envelope holds trailers, which some clients send. */
const trailers = 0x80;

/**
 * Passes on the bytes of enveloped messages. Throws a ConnectError INTERNAL at a flag that its protocol
 * does not know, which Connect's decoders would ignore.
 */
async function* checkEnvelopes(
  chunks: AsyncIterable<Uint8Array>,
  protocol: RpcContentType["protocol"],
): AsyncGenerator<Uint8Array> {
  const known = protocol === "grpc-web" ? compressed | trailers : compressed;
  const head = new DataView(new ArrayBuffer(headBytes));
  let headLength = 0;
  let messageBytes = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; ) {
      if (messageBytes > 0) {
        const step = Math.min(messageBytes, chunk.byteLength - at);
        messageBytes -= step;
        at += step;
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (headLength === 0 && (byte & ~known) !== 0) {
        const got = `0x${byte.toString(16).padStart(2, "0")}`;
        throw createEnvelopeError(`an envelope must have no flags but \`compressed\`, got: ${got}`);
      }
      head.setUint8(headLength, byte);
      headLength += 1;
      at += 1;
      if (headLength < headBytes) continue;
      headLength = 0;
      messageBytes = head.getUint32(1);
    }
    yield chunk;
  }
}
