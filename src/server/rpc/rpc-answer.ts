import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { ServerRequest, ServerResponseLike } from "../call/call.ts";
import { encodeBase64 } from "./base64-body.ts";
import { sendGrpcAnswer } from "./grpc-answer.ts";
import type { RequestBody } from "./request-body.ts";
import type { RpcContentType } from "./rpc-content-type.ts";

/** The one encoding of messages that the server reads beside `identity`. */
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

/** Passes chunks on, and calls `onRead` after the last, or when nobody wants more. */
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
