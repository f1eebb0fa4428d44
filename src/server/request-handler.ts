import { randomUUID } from "node:crypto";
import type { Logger } from "../telemetry/log.ts";
import { type Call, isHttp2, type ServerRequest, type ServerResponseLike } from "./call.ts";
import { errorAnswerOf, HttpError } from "./http/http-error.ts";
import type { CallHandler } from "./http/http-handler.ts";
import { sendError } from "./http/send-json.ts";
import type { ServerLimits } from "./limits.ts";
import { logCall } from "./request-log.ts";

/** What every request goes through, whatever its protocol. */
export interface RequestHandlerOptions {
  readonly handle: CallHandler;
  readonly log: Logger;
  readonly limits: Pick<ServerLimits, "requestTimeoutMs">;
  /** Whether the client may send requests on this path for as long as it likes. */
  readonly isRequestStream: (path: string) => boolean;
  /** Aborts when the server begins to drain. */
  readonly drainSignal: AbortSignal;
}

/** Longest part of a path that is logged. */
const maxPathChars = 200;

/**
 * Ids that are safe to echo and to log: no spaces, no control characters, at most 128 characters.
 */
const saneId = /^[\w.:/+=@-]{1,128}$/;

/**
 * Returns the listener of both HTTP servers. It gives the call its id, limits the time to receive
 * it over HTTP/2 (Node does so for HTTP/1.1 only), tells HTTP/1.1 clients of a draining server not
 * to reuse the connection, and logs the call at its end.
 */
export function createRequestHandler(
  options: RequestHandlerOptions,
): (request: ServerRequest, response: ServerResponseLike) => void {
  const { handle, log, limits, isRequestStream, drainSignal } = options;
  const openHttp1 = new Set<ServerResponseLike>();
  drainSignal.addEventListener("abort", () => openHttp1.forEach(askToClose), { once: true });

  return (request, response) => {
    const startMs = performance.now();
    const call = createCall(request);
    response.once("close", () => logCall(log, call, response, performance.now() - startMs));
    response.setHeader("x-request-id", call.id);
    if (isHttp2(response)) {
      if (!isRequestStream(call.path)) limitReceiving(request, response, call);
    } else {
      openHttp1.add(response);
      response.once("close", () => openHttp1.delete(response));
      if (drainSignal.aborted) askToClose(response);
    }
    try {
      handle(request, response, call);
    } catch (error) {
      log.error({ err: error, request_id: call.id }, "a request failed inside the server");
      call.code = "internal";
      sendError(response, errorAnswerOf(error));
    }
  };

  function limitReceiving(request: ServerRequest, response: ServerResponseLike, call: Call): void {
    const timer = setTimeout(() => {
      call.code = "deadline_exceeded";
      const seconds = limits.requestTimeoutMs / 1_000;
      const message = `the whole request must arrive within ${seconds} s`;
      sendError(response, new HttpError(408, "deadline_exceeded", message));
      if (isHttp2(response)) response.stream.close();
    }, limits.requestTimeoutMs);
    const stop = (): void => clearTimeout(timer);
    request.once("end", stop);
    response.once("close", stop);
  }
}

function createCall(request: ServerRequest): Call {
  const clientId = request.headers["x-request-id"];
  return {
    id: typeof clientId === "string" && saneId.test(clientId) ? clientId : randomUUID(),
    method: request.method ?? "",
    path: (request.url ?? "").split("?", 1)[0]?.slice(0, maxPathChars) ?? "",
    protocol: "http",
    code: undefined,
    documents: undefined,
    probe: false,
  };
}

function askToClose(response: ServerResponseLike): void {
  if (!isHttp2(response) && !response.headersSent) response.setHeader("connection", "close");
}
