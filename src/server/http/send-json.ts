import { isHttp2, type ServerResponseLike } from "../call.ts";
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
  readonly text: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a route answers. */
export type Answer = JsonAnswer | TextAnswer;

/**
 * Sends an answer with its length. A HEAD request gets the headers alone. Does nothing once
 * headers were sent.
 */
export function sendAnswer(response: ServerResponseLike, answer: Answer): void {
  if (response.headersSent || response.writableEnded) return;
  const isText = "text" in answer;
  const bytes = Buffer.from(isText ? answer.text : `${JSON.stringify(answer.body)}\n`);
  const headers = {
    ...answer.headers,
    "content-type": isText ? answer.contentType : "application/json",
    "content-length": String(bytes.byteLength),
  };
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

/** Sends an error in the shape that the route's clients read. Default: that of most of them. */
export function sendError(
  response: ServerResponseLike,
  answer: ErrorAnswer,
  shape: ErrorShape = objectError,
): void {
  sendAnswer(response, { ...shape(answer), headers: answer.headers });
}
