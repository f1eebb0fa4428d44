import { Code, ConnectError } from "@connectrpc/connect";
import type { ServerRequest } from "../../call/call.ts";
import { createEnvelopeError, tooLargeError } from "../decode-error.ts";
import { decodeBase64 } from "./base64-body.ts";
import type { RpcContentType } from "./rpc-content-type.ts";

/** The body of an RPC, as Connect's handlers read it. */
export interface RequestBody {
  readonly chunks: AsyncIterable<Uint8Array>;
  /**
   * Throws away what was not read. Must be called once reading has ended: the client may wait to be
   * able to send the rest, and over HTTP/1.1 the next request of the connection stands behind it.
   */
  discard(): void;
}

/** Limits on the messages of a body. */
export interface BodyLimits {
  /** Most bytes of one message. */
  readonly maxBytes: number;
  /** Whether the method takes one message, and no stream of them. */
  readonly isSingle: boolean;
}

/**
 * Returns the body of a request. Reading it leaves the request whole: Node's own iterator destroys
 * a request that is not read to its end, and with it the connection's next requests.
 */
export function requestBodyOf(
  request: ServerRequest,
  type: RpcContentType,
  limits: BodyLimits,
): RequestBody {
  const bytes: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
  const decoded = type.isBase64 ? decodeBase64(bytes) : bytes;
  const { protocol } = type;
  const name = protocol === "connect" ? "connect-content-encoding" : "grpc-encoding";
  const hasEncoding = (request.headers[name] ?? "identity") !== "identity";
  const rules = { ...limits, protocol, hasEncoding };
  const chunks = type.hasEnvelopes ? checkEnvelopes(decoded, rules) : decoded;
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

/** What the envelopes of a body must be. */
interface EnvelopeRules extends BodyLimits {
  readonly protocol: RpcContentType["protocol"];
  /** Whether the call names the encoding of compressed messages. */
  readonly hasEncoding: boolean;
}

/**
 * Passes on the bytes of enveloped messages. Throws a ConnectError as soon as an envelope breaks a
 * rule: INTERNAL for a flag that the protocol does not know, which Connect would ignore, and for a
 * compressed message without an encoding; RESOURCE_EXHAUSTED for a message that is too large;
 * UNIMPLEMENTED where a method with one message gets none or several.
 */
async function* checkEnvelopes(
  chunks: AsyncIterable<Uint8Array>,
  rules: EnvelopeRules,
): AsyncGenerator<Uint8Array> {
  const head = new DataView(new ArrayBuffer(headBytes));
  let headLength = 0;
  let leftBytes = 0;
  let messages = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; ) {
      if (leftBytes > 0) {
        const step = Math.min(leftBytes, chunk.byteLength - at);
        leftBytes -= step;
        at += step;
        continue;
      }
      head.setUint8(headLength, chunk[at] ?? 0);
      headLength += 1;
      at += 1;
      if (headLength === 1) checkFlags(head.getUint8(0), rules);
      if (headLength < headBytes) continue;
      headLength = 0;
      leftBytes = head.getUint32(1);
      if (leftBytes > rules.maxBytes) throw tooLargeError(rules.maxBytes);
      if ((head.getUint8(0) & trailers) === 0) messages += 1;
      if (rules.isSingle && messages > 1) throw countError("more");
    }
    yield chunk;
  }
  if (rules.isSingle && messages === 0 && headLength === 0) throw countError("none");
}

function checkFlags(flags: number, { protocol, hasEncoding }: EnvelopeRules): void {
  const known = protocol === "grpc-web" ? compressed | trailers : compressed;
  if ((flags & ~known) !== 0) {
    const got = `0x${flags.toString(16).padStart(2, "0")}`;
    throw createEnvelopeError(`an envelope must have no flags but \`compressed\`, got: ${got}`);
  }
  if ((flags & compressed) === 0 || hasEncoding) return;
  throw createEnvelopeError("a message is marked as compressed, but the call names no encoding");
}

function countError(got: "none" | "more"): ConnectError {
  return new ConnectError(`the call must have one message, got: ${got}`, Code.Unimplemented);
}
