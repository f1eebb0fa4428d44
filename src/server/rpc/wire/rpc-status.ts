import type { Code } from "@connectrpc/connect";
import { isHttp2, type ServerResponseLike } from "../../call/call.ts";
import { sendAnswer } from "../../http/send-json.ts";
import { codeName } from "../error-interceptor.ts";
import type { RpcContentType } from "./rpc-content-type.ts";

/** The status of a call that is refused before its handler runs. */
export interface RpcStatus {
  readonly code: Code;
  readonly message: string;
  /**
   * What Connect answers with; gRPC and streams of Connect have 200 and report errors in other
   * places.
   */
  readonly httpStatus: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Flag of the envelope that ends a stream of Connect. */
const endStreamFlag = 0b10;

/** Bytes before the message of an envelope: the flags, and the length. */
const envelopeHeadBytes = 5;

/** Answers an RPC in its own protocol with a status and nothing else. */
export function sendRpcStatus(
  response: ServerResponseLike,
  { protocol, answerType, hasEnvelopes }: RpcContentType,
  { code, message, httpStatus, headers = {} }: RpcStatus,
): void {
  const body = { code: codeName(code), message };
  if (protocol !== "connect") {
    sendHeadersAlone(response, {
      ...headers,
      "content-type": answerType,
      "grpc-status": String(code),
      "grpc-message": encodeGrpcMessage(message),
    });
  } else if (hasEnvelopes) {
    discardRequest(response);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.setHeader("content-type", answerType);
    response.end(endStreamOf({ error: body }));
  } else if (answerType.startsWith("application/")) {
    sendAnswer(response, { status: httpStatus, body, headers });
  } else {
    // The caller speaks no protocol of ours. `application/json` alone would be an error of Connect.
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const text = `${JSON.stringify(body)}\n`;
    const contentType = "application/json; charset=utf-8";
    sendAnswer(response, { status: httpStatus, text, contentType });
  }
}

/**
 * Answers with these headers alone, which end the stream: without writeHead() they do so in one
 * frame, and only then do gRPC clients look for the status in them.
 */
export function sendHeadersAlone(
  response: ServerResponseLike,
  headers: Readonly<Record<string, string>>,
): void {
  if (isHttp2(response) && response.stream.destroyed) return;
  discardRequest(response);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end();
}

/**
 * Throws away what is left of an HTTP/2 request. Else Node resets the stream, and some clients then
 * lose the answer.
 */
function discardRequest(response: ServerResponseLike): void {
  if (isHttp2(response)) response.req.resume();
}

function endStreamOf(end: object): Buffer {
  const message = Buffer.from(JSON.stringify(end));
  const head = Buffer.alloc(envelopeHeadBytes);
  head.writeUInt8(endStreamFlag);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

/** Every byte that `grpc-message` must not hold as it is: `%`, and what is not printable ASCII. */
const escapedBytes = /[^\x20-\x24\x26-\x7e]/g;

/**
 * Percent-encodes the message of an error for the trailer `grpc-message`, as the gRPC specification
 * has it: `%` and every byte of its UTF-8 outside of printable ASCII. Clients decode no more than
 * that: grpc-js shows the `%2C` of a comma as it came.
 */
export function encodeGrpcMessage(message: string): string {
  return Buffer.from(message, "utf8")
    .toString("latin1")
    .replaceAll(escapedBytes, (byte) => {
      return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
    });
}
