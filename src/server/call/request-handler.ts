import { randomUUID } from "node:crypto";
import type { Logger } from "../../telemetry/log.ts";
import type { ServerObserver } from "../../telemetry/server-observer.ts";
import { errorAnswerOf, HttpError } from "../http/http-error.ts";
import type { CallHandler } from "../http/http-handler.ts";
import { sendError } from "../http/send-json.ts";
import type { ServerLimits } from "../limits.ts";
import {
  type Call,
  isHttp2,
  isSecure,
  pathOf,
  peerOf,
  type ServerRequest,
  type ServerResponseLike,
} from "./call.ts";
import { closeAnswered } from "./close-answered.ts";
import { refusedOf } from "./refused.ts";
import { endOf, type RequestLog } from "./request-log.ts";
import { hostProblemOf } from "./request-target.ts";
import { parseTraceParent } from "./trace-parent.ts";
import { dropUnreadAnswer } from "./unread-answer.ts";

/** What every request goes through, whatever its protocol. */
export interface RequestHandlerOptions {
  readonly handle: CallHandler;
  readonly log: Logger;
  readonly requestLog: RequestLog;
  readonly limits: Pick<ServerLimits, "requestTimeoutMs">;
  readonly observer?: ServerObserver | undefined;
  /** Whether the client may send requests on this path for as long as it likes. */
  readonly isRequestStream: (path: string) => boolean;
  /** Aborts when the server has closed its port. */
  readonly closingSignal: AbortSignal;
  /** Holds the calls in flight. Default: nobody asks. */
  readonly callsInFlight?: Set<Call> | undefined;
}

/**
 * Ids that are safe to echo and to log: no spaces, no control characters, at most 128 characters.
 */
const saneId = /^[\w.:/+=@-]{1,128}$/;

/**
 * Returns the listener of both HTTP servers. It gives the call its id, limits the time to receive
 * it over HTTP/2 (Node does so for HTTP/1.1 only), tells HTTP/1.1 clients of a closing server not
 * to reuse the connection, and logs the call at its end, which the observer hears of, too.
 */
export function createRequestHandler(
  options: RequestHandlerOptions,
): (request: ServerRequest, response: ServerResponseLike) => void {
  const {
    handle,
    log,
    requestLog,
    limits,
    observer,
    isRequestStream,
    closingSignal,
    callsInFlight,
  } = options;
  const openHttp1 = new Set<ServerResponseLike>();
  closingSignal.addEventListener("abort", () => openHttp1.forEach(askToClose), { once: true });

  return (request, response) => {
    const call = createCall(request, response);
    const watcher = observer?.callStarted?.(call);
    if (watcher?.rankingStarted) call.observeRanking = () => watcher.rankingStarted?.();
    callsInFlight?.add(call);
    response.once("close", () => {
      callsInFlight?.delete(call);
      const end = endOf(call, response);
      call.span = watcher?.ended(end) ?? call.span;
      requestLog.ended(call, end);
    });
    response.setHeader("x-request-id", call.id);
    dropUnreadAnswer(response, call, limits.requestTimeoutMs);
    if (isHttp2(response)) {
      closeAnswered(response);
      if (!isRequestStream(call.path)) limitReceiving(request, response, call);
    } else {
      openHttp1.add(response);
      response.once("close", () => openHttp1.delete(response));
      if (closingSignal.aborted) askToClose(response);
    }
    const hostProblem = "stream" in request ? undefined : hostProblemOf(request);
    if (hostProblem !== undefined) {
      const error = new HttpError(400, "invalid_argument", hostProblem, { field: "host" });
      call.code = error.code;
      call.refused = refusedOf(error);
      return sendError(response, error);
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
      const error = new HttpError(408, "deadline_exceeded", message, { limit: seconds });
      call.refused = refusedOf(error);
      sendError(response, error);
      if (isHttp2(response)) response.stream.close();
    }, limits.requestTimeoutMs);
    const stop = (): void => clearTimeout(timer);
    request.once("end", stop);
    response.once("close", stop);
  }
}

function createCall(request: ServerRequest, response: ServerResponseLike): Call {
  const clientId = request.headers["x-request-id"];
  const traceParent = parseTraceParent(request.headers);
  return {
    id: typeof clientId === "string" && saneId.test(clientId) ? clientId : randomUUID(),
    method: request.method ?? "",
    path: pathOf(request),
    route: undefined,
    protocol: "http",
    httpVersion: isHttp2(response) ? "2" : "1.1",
    secure: isSecure(request, response),
    startedMs: performance.now(),
    traceParent,
    span: traceParent,
    observeRanking: undefined,
    code: undefined,
    refused: undefined,
    failedRequests: 0,
    peer: peerOf(request, response),
    documents: undefined,
    probe: false,
  };
}

function askToClose(response: ServerResponseLike): void {
  if (!isHttp2(response) && !response.headersSent) response.setHeader("connection", "close");
}
