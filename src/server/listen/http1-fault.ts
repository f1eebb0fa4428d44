import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { RerankErrorCode } from "../../errors.ts";
import { addressOf } from "../call/call.ts";
import { objectError } from "../http/error-shapes.ts";

/** An HTTP/1.1 request that never reached a route, and the error sent for it. */
export interface Http1Fault {
  readonly protocol: "http";
  readonly status: number;
  readonly code: RerankErrorCode;
  readonly reason: string;
  /** The address that it came from. */
  readonly peer: string;
  /** Sent as `x-request-id`. */
  readonly request_id: string;
}

/** The answer to a request that never became one. */
interface FaultAnswer {
  readonly status: number;
  readonly message: string;
  /** Lines of headers beside those that every such answer has. */
  readonly headers?: readonly string[];
}

/** Answers to requests that Node's parser gave up on, by error code. */
const answers: Readonly<Record<string, FaultAnswer>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: "the whole request did not arrive in time" },
  HPE_HEADER_OVERFLOW: { status: 431, message: "the headers are too large" },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: "the chunk extensions are too large" },
};

/** Error codes of the parser for a client that went away in the middle of its request. */
const goneCodes: ReadonlySet<string> = new Set(["ECONNRESET", "HPE_INVALID_EOF_STATE"]);

/** The answer to every other one. */
const malformed: FaultAnswer = { status: 400, message: "the request is not valid HTTP" };

/**
 * Answers an HTTP/1.1 request that never became one, or was not received in time, and closes its
 * connection. Returns what to log, or undefined if the client has gone and there is nobody to
 * answer.
 */
export function answerHttp1Fault(error: Error, socket: Duplex): Http1Fault | undefined {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // The answer before was the last; the connection closes once it is sent.
  if (socket.writableEnded && !socket.writableFinished) return undefined;
  if (goneCodes.has(code) || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  return send(socket, answers[code] ?? malformed);
}

/** Answers `CONNECT`, which asks for a proxy, and closes the connection. Returns what to log. */
export function answerConnect(socket: Duplex): Http1Fault {
  const message = "the method must not be CONNECT: this server is no proxy";
  return send(socket, { status: 405, message, headers: ["allow: GET, HEAD, POST, OPTIONS"] });
}

function send(socket: Duplex, { status, message, headers = [] }: FaultAnswer): Http1Fault {
  const requestId = randomUUID();
  const errorCode = status === 408 ? "deadline_exceeded" : "invalid_argument";
  const body = `${JSON.stringify(objectError({ status, code: errorCode, message }).body)}\n`;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "connection: close",
    `x-request-id: ${requestId}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
  const peer = addressOf(socket instanceof Socket ? socket.remoteAddress : undefined);
  return {
    protocol: "http",
    status,
    code: errorCode,
    reason: message,
    peer,
    request_id: requestId,
  };
}
