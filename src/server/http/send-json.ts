import { isHttp2, type ServerResponseLike } from "../call/call.ts";
import { type ErrorShape, objectError } from "./error-shapes.ts";
import type { ErrorAnswer } from "./http-error.ts";

/** A JSON answer. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is text and no JSON. */
export interface TextAnswer {
  readonly status: number;
  /** The text; or its bytes, as the `content-encoding` of the headers has them. */
  readonly text: string | Uint8Array;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer without a body: what the client has is still right. */
export interface NotModifiedAnswer {
  readonly status: 304;
  /** Those that the whole answer would have, but for what describes its body. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a route answers. */
export type Answer = JsonAnswer | TextAnswer | NotModifiedAnswer;

/**
 * Sends an answer with its length. A HEAD request gets the headers alone. Does nothing once
 * headers were sent.
 */
export function sendAnswer(response: ServerResponseLike, answer: Answer): void {
  if (response.headersSent || response.writableEnded) return;
  const { bytes, headers: described } = bodyOf(answer);
  const headers = { ...answer.headers, ...described };
  // What was set before, as by CORS, counts too.
  const vary = [response.getHeader("vary"), answer.headers?.vary].filter(Boolean).join(", ");
  if (vary !== "") headers.vary = vary;
  if (isHttp2(response)) {
    // The stream may be gone already, and then writeHead throws.
    if (response.stream.destroyed) return;
    // Throws away what is left of the request. Else Node resets the stream, and some clients then
    // lose the answer.
    response.req.resume();
    response.writeHead(answer.status, headers);
    response.end(response.req.method === "HEAD" ? "" : bytes);
    return;
  }
  response.writeHead(answer.status, headers);
  response.end(response.req.method === "HEAD" ? "" : bytes);
}

/** Returns what is sent after the headers, and the headers that describe it. */
function bodyOf(answer: Answer): {
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
} {
  if (!("text" in answer || "body" in answer)) return { bytes: Buffer.alloc(0), headers: {} };
  const isText = "text" in answer;
  const body = isText ? answer.text : `${JSON.stringify(answer.body)}\n`;
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const headers = {
    "content-type": isText ? answer.contentType : "application/json",
    "content-length": String(bytes.byteLength),
  };
  return { bytes, headers };
}

/** Sends an error in the shape that the route's clients read. Default: that of most of them. */
export function sendError(
  response: ServerResponseLike,
  answer: ErrorAnswer,
  shape: ErrorShape = objectError,
): void {
  sendAnswer(response, { ...shape(answer), headers: answer.headers });
}
