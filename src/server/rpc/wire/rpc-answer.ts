import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { grpcCodeOf } from "../../../errors.ts";
import type { ServerRequest, ServerResponseLike } from "../../call/call.ts";
import { encodeBase64 } from "./base64-body.ts";
import type { RpcContentType } from "./rpc-content-type.ts";
import type { RequestBody } from "./rpc-request-body.ts";
import { encodeGrpcMessage, sendHeadersAlone } from "./rpc-status.ts";

/** The only message encoding besides `identity` that the server accepts. */
const acceptedEncoding = "gzip";

/** An RPC to answer. */
export interface RpcExchange {
  readonly request: ServerRequest;
  readonly response: ServerResponseLike;
  readonly type: RpcContentType;
  readonly body: RequestBody;
}

/**
 * Writes what a handler answered, and throws away what it did not read of the request. Tells which
 * encodings the server reads, as gRPC has it for a client that chose another. Rejects if the answer
 * cannot be written.
 */
export async function sendRpcAnswer(
  answer: UniversalServerResponse,
  { request, response, type, body }: RpcExchange,
): Promise<void> {
  response.setHeader(acceptHeaderOf(type), acceptedEncoding);
  const chunks = answer.body && whenRead(answer.body, body.discard);
  const whole = { ...answer, ...(chunks && { body: chunks }) };
  if (type.protocol === "grpc") return sendGrpcAnswer(whole, response);
  if (!wantsBase64(request, type) || chunks === undefined) {
    return universalResponseToNodeResponse(whole, response);
  }
  const codec = answer.header?.get("content-type")?.split("+", 2)[1] ?? "proto";
  answer.header?.set("content-type", `application/grpc-web-text+${codec}`);
  return universalResponseToNodeResponse({ ...answer, body: encodeBase64(chunks) }, response);
}

function acceptHeaderOf({ protocol, hasEnvelopes }: RpcContentType): string {
  if (protocol !== "connect") return "grpc-accept-encoding";
  return hasEnvelopes ? "connect-accept-encoding" : "accept-encoding";
}

/** Whether a gRPC-Web client wants base64: as it says, and otherwise as it sends. */
function wantsBase64({ headers }: ServerRequest, { protocol, isBase64 }: RpcContentType): boolean {
  if (protocol !== "grpc-web") return false;
  const accept = headers.accept?.toLowerCase() ?? "";
  if (accept.includes("application/grpc-web-text")) return true;
  return isBase64 && !accept.includes("application/grpc-web");
}

/** Passes chunks on, and calls `onRead` after the last, or when the consumer stops. */
async function* whenRead(
  chunks: AsyncIterable<Uint8Array>,
  onRead: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    onRead();
  }
}

/** The body of an answer, of which the first chunk has been read. */
type Chunks = AsyncIterator<Uint8Array>;

/** Headers that say how messages are coded, and nothing where there are none. */
const codingHeaders: ReadonlySet<string> = new Set(["content-type", "grpc-encoding"]);

/**
 * Writes the answer of a gRPC call. A call that failed before its first message is answered with
 * its status in one frame of headers that ends the stream: Connect sends headers first, and a
 * client that has seen these takes the call for answered and does not try again. Not if the service
 * has set headers: clients read those of the one frame as trailers. Rejects if the answer cannot be
 * written.
 */
async function sendGrpcAnswer(
  answer: UniversalServerResponse,
  response: ServerResponseLike,
): Promise<void> {
  const { body, header = new Headers(), trailer } = answer;
  if (body === undefined || trailer === undefined) {
    return universalResponseToNodeResponse(answer, response);
  }
  const chunks = body[Symbol.asyncIterator]();
  const first = await chunks.next();
  const hasHeaders = [...header.keys()].some((name) => !codingHeaders.has(name));
  if (first.done && trailer.get("grpc-status") !== "0" && !hasHeaders) {
    completeTrailer(trailer);
    const contentType = header.get("content-type") ?? "application/grpc";
    return sendHeadersAlone(response, {
      "content-type": contentType,
      ...Object.fromEntries(trailer),
    });
  }
  const rest = { [Symbol.asyncIterator]: () => resume(chunks, first, trailer) };
  return universalResponseToNodeResponse({ ...answer, body: rest }, response);
}

/** Yields what is left; the trailer is complete once nothing is. */
function resume(chunks: Chunks, first: IteratorResult<Uint8Array>, trailer: Headers): Chunks {
  let next: Promise<IteratorResult<Uint8Array>> | undefined = Promise.resolve(first);
  return {
    async next() {
      const chunk = await (next ?? chunks.next());
      next = undefined;
      if (chunk.done) completeTrailer(trailer);
      return chunk;
    },
    // Both signal to the handler that the client has gone.
    throw: (error) => chunks.throw?.(error) ?? Promise.reject(error),
    return: (value) => chunks.return?.(value) ?? Promise.resolve({ done: true, value }),
  };
}

/**
 * Mends the encoding of the message. Tells a client that tries again when the queue is full to wait
 * as long as it takes to have space. Not when the model is not there: another server may be ready,
 * and the client should ask it at once.
 */
function completeTrailer(trailer: Headers): void {
  const message = trailer.get("grpc-message");
  if (message === null) return;
  trailer.set("grpc-message", encodeGrpcMessage(decodeURIComponent(message)));
  const retryAfter = trailer.get("retry-after");
  const isOverload = trailer.get("grpc-status") === String(grpcCodeOf.resource_exhausted);
  if (!isOverload || retryAfter === null) return;
  trailer.set("grpc-retry-pushback-ms", String(Number(retryAfter) * 1_000));
}
