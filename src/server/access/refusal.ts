import { grpcCodeOf, type RerankError } from "../../errors.ts";
import { type Call, isHttp2, type ServerRequest, type ServerResponseLike } from "../call.ts";
import type { ErrorShape } from "../http/error-shapes.ts";
import { errorAnswerOf } from "../http/http-error.ts";
import { sendAnswer, sendError } from "../http/send-json.ts";
import { refusedOf } from "../refused.ts";
import { rpcProtocolOf } from "../rpc/call-protocol.ts";
import { sendStatus } from "../rpc/grpc-answer.ts";
import { encodeGrpcMessage } from "../rpc/grpc-message.ts";

/** The part of a content type that a gRPC or gRPC-Web answer repeats. */
const grpcTypePattern = /^application\/grpc(?:-web)?(?:-text)?(?:\+\w{1,16})?/;

/** Content types of Connect's streams. */
const connectStreamPattern = /^application\/connect\+\w{1,16}/;

/** Flag of the envelope that ends a stream of Connect. */
const endStreamFlag = 0b10;

/** Bytes before the message of an envelope: the flags, and the length. */
const envelopeHeadBytes = 5;

/**
 * How long the rest of a refused request is thrown away before its stream is closed, in
 * milliseconds. Closing at once would make some clients lose the answer.
 */
const lingerMs = 2_000;

/** Where a refused call was going. */
export interface RefusedCall {
  readonly request: ServerRequest;
  readonly response: ServerResponseLike;
  readonly call: Call;
  /** Whether the path is an RPC, so that a JSON body is Connect's. */
  readonly isRpc: boolean;
  /** How the plain route tells errors. */
  readonly errorShape: ErrorShape;
}

/** Answers a call in its own protocol with an error, without having read any of its body. */
export function sendRefusal(refused: RefusedCall, error: RerankError): void {
  const { request, response, call, isRpc, errorShape } = refused;
  const contentType = request.headers["content-type"] ?? "";
  const { code, message } = error;
  const answer = errorAnswerOf(error);
  const grpcType = grpcTypePattern.exec(contentType)?.[0];
  const streamType = connectStreamPattern.exec(contentType)?.[0];
  call.code = code;
  call.refused = refusedOf(error);
  if (isRpc || grpcType !== undefined) call.protocol = rpcProtocolOf(contentType);
  if (isHttp2(response)) {
    response.req.resume();
    const { stream } = response;
    const timer = setTimeout(() => stream.close(), lingerMs).unref();
    stream.once("close", () => clearTimeout(timer));
  }
  if (grpcType !== undefined) {
    sendStatus(response, {
      "content-type": grpcType,
      "grpc-status": String(grpcCodeOf[code]),
      "grpc-message": encodeGrpcMessage(message),
    });
  } else if (streamType !== undefined) {
    response.setHeader("content-type", streamType);
    response.end(endStreamOf({ error: { code, message } }));
  } else if (isRpc) {
    sendAnswer(response, { ...answer, body: { code, message } });
  } else {
    sendError(response, answer, errorShape);
  }
}

function endStreamOf(end: object): Buffer {
  const message = Buffer.from(JSON.stringify(end));
  const head = Buffer.alloc(envelopeHeadBytes);
  head.writeUInt8(endStreamFlag);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}
