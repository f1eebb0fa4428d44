import { constants, type Http2ServerResponse } from "node:http2";
import { errorFromAbort, RerankError } from "../../errors.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { CallProtocol, ServerObserver } from "../../telemetry/server-observer.ts";
import { type KeyRing, presentedKeys } from "../access/api-keys.ts";
import type { CorsHandler } from "../access/cors.ts";
import { HttpError } from "../http/http-error.ts";
import type { ServerLimits } from "../limits.ts";
import {
  type Exchange,
  isHttp2,
  openCall,
  type ServerRequest,
  type ServerResponseLike,
} from "./call.ts";
import { endOf, type RequestLog } from "./request-log.ts";

/**
 * The route or RPC that a request asks for: who may call it, and how it answers and refuses. Found
 * once, by path, method and content type, before any of the body is read.
 */
export interface Target {
  readonly protocol: CallProtocol;
  /** The path as the table of routes or RPCs has it; undefined where nothing is served. */
  readonly route: string | undefined;
  /** Who may call it where the server has API keys: everybody, or callers with one. */
  readonly access: "open" | "key";
  /** Whether it is a probe, which is logged at debug. */
  readonly probe: boolean;
  /** Whether the client may send requests without a time limit. */
  readonly isRequestStream: boolean;
  /** Answers the call. */
  answer(exchange: Exchange): void;
  /** Answers with an error in the protocol of the call, without reading any of the body. */
  refuse(exchange: Exchange, error: RerankError | HttpError): void;
}

/** The dependencies of the call answerer. */
export interface CallAnswererOptions {
  /**
   * Functions that find the target of a request, tried in order; the last one finds one for every
   * request.
   */
  readonly targets: readonly ((request: ServerRequest) => Target | undefined)[];
  /** Default: everybody may call everything. */
  readonly apiKeys?: KeyRing | undefined;
  /** Default: no script of another origin may call. */
  readonly answerCors?: CorsHandler | undefined;
  readonly log: Logger;
  readonly requestLog: RequestLog;
  readonly limits: Pick<ServerLimits, "maxBodyBytes" | "requestTimeoutMs">;
  readonly observer?: ServerObserver | undefined;
  /** Aborts when the server has closed its port. */
  readonly closingSignal: AbortSignal;
  /** Aborts when the server gives up on the calls that are left. */
  readonly shutdownSignal: AbortSignal;
}

/** What only HTTP/1.1 can say of a request. */
export interface Http1Arrival {
  /**
   * Whether the client waits for leave to send the body (`expect: 100-continue`). It gets it if the
   * call is not refused anyway.
   */
  readonly waitsForLeave: boolean;
  /** What is wrong with its `host` or `expect`; undefined if nothing is. */
  readonly problem: HttpError | undefined;
}

/** Answers the requests of both HTTP servers. */
export interface CallAnswerer {
  /** The calls that are not answered yet. */
  readonly inFlight: ReadonlySet<Exchange>;
  answer(request: ServerRequest, response: ServerResponseLike, http1?: Http1Arrival): void;
}

const keyMissing =
  "an API key is needed: send `authorization: Bearer KEY` or `x-api-key: KEY`, got: none";

const keyWrong = "the API key is not one that this server takes";

/**
 * Returns what every call of every protocol goes through: it opens the call, limits the time that
 * the client has to send it and to take the answer, refuses callers without an API key, and writes
 * the log line at the end.
 */
export function createCallAnswerer(options: CallAnswererOptions): CallAnswerer {
  const { targets, apiKeys, answerCors, log, requestLog, limits, observer } = options;
  const { closingSignal, shutdownSignal } = options;
  const inFlight = new Set<Exchange>();
  const onShutdown = (): void => {
    for (const { call } of inFlight) call.abort(errorFromAbort(shutdownSignal));
  };
  closingSignal.addEventListener("abort", () => inFlight.forEach(askToClose), { once: true });
  shutdownSignal.addEventListener("abort", onShutdown, { once: true });

  function targetOf(request: ServerRequest): Target {
    for (const find of targets) {
      const target = find(request);
      if (target !== undefined) return target;
    }
    throw new Error("no target knows the request");
  }

  /** Tells the observer and the log of the call, now and at its end. */
  function watch(exchange: Exchange): void {
    const { call, response } = exchange;
    const watcher = observer?.callStarted?.(call);
    if (watcher?.rankingStarted) call.observeRanking = () => watcher.rankingStarted?.();
    inFlight.add(exchange);
    response.once("close", () => {
      inFlight.delete(exchange);
      const end = endOf(call, response);
      call.span = watcher?.ended(end) ?? call.span;
      requestLog.ended(call, end);
      call.abort(new RerankError("cancelled", "the caller went away"));
    });
    if (shutdownSignal.aborted) call.abort(errorFromAbort(shutdownSignal));
  }

  function refusalOf({ request }: Exchange, target: Target): RerankError | undefined {
    if (apiKeys === undefined || target.access === "open") return undefined;
    const keys = presentedKeys(request.headers);
    if (apiKeys.holdsAny(keys)) return undefined;
    return new RerankError("unauthenticated", keys.length === 0 ? keyMissing : keyWrong);
  }

  /** Node limits the time to receive a request over HTTP/1.1 only. */
  function limitReceiving(exchange: Exchange, target: Target): void {
    const { request, response } = exchange;
    const timer = setTimeout(() => {
      const seconds = limits.requestTimeoutMs / 1_000;
      const message = `the whole request must arrive within ${seconds} s`;
      target.refuse(exchange, new HttpError(408, "deadline_exceeded", message, { limit: seconds }));
      if (isHttp2(response)) response.stream.close();
    }, limits.requestTimeoutMs);
    const stop = (): void => clearTimeout(timer);
    request.once("end", stop);
    response.once("close", stop);
  }

  function answer(
    request: ServerRequest,
    response: ServerResponseLike,
    http1?: Http1Arrival,
  ): void {
    const target = targetOf(request);
    const exchange = { request, response, call: openCall(request, response, target) };
    const { call } = exchange;
    watch(exchange);
    response.setHeader("x-request-id", call.id);
    dropUnreadAnswer(exchange, limits.requestTimeoutMs);
    if (isHttp2(response)) {
      closeAnswered(response);
      if (!target.isRequestStream) limitReceiving(exchange, target);
    } else if (closingSignal.aborted) askToClose(exchange);
    const refusal = refusalOf(exchange, target);
    if (http1?.waitsForLeave) {
      const isTooLarge = Number(request.headers["content-length"]) > limits.maxBodyBytes;
      if (!isHttp2(response) && refusal === undefined && !isTooLarge) response.writeContinue();
      // The client waits for leave that never comes, so the rest of this connection would be out of
      // step.
      else response.setHeader("connection", "close");
    }
    try {
      if (http1?.problem !== undefined) {
        target.refuse(exchange, http1.problem);
      } else if (answerCors?.(request, response)) {
        // A preflight carries no call.
      } else if (refusal !== undefined) {
        target.refuse(exchange, refusal);
      } else {
        call.probe = target.probe;
        target.answer(exchange);
      }
    } catch (error) {
      log.error({ err: error, request_id: call.id }, "a request failed inside the server");
      target.refuse(exchange, new RerankError("internal", "internal error"));
    }
  }

  return { inFlight, answer };
}

/** Tells an HTTP/1.1 client of a closing server not to use the connection again. */
function askToClose({ response }: Exchange): void {
  if (!isHttp2(response) && !response.headersSent) response.setHeader("connection", "close");
}

/** How many times an answer is looked at in the time that it has. */
const looks = 4;

/**
 * Gives up on an answer that the server has ended and that its client has not taken `timeoutMs`
 * later: over HTTP/2 on its stream, over HTTP/1.1 on its connection. Otherwise a client that does
 * not read could keep its answers in memory for ever.
 */
function dropUnreadAnswer({ call, response }: Exchange, timeoutMs: number): void {
  let endedMs: number | undefined;
  // There is no event for the end of an answer.
  const timer = setInterval(
    () => {
      if (!response.writableEnded) return;
      endedMs ??= performance.now();
      if (performance.now() - endedMs < timeoutMs) return;
      clearInterval(timer);
      call.code ??= "cancelled";
      if (isHttp2(response)) response.stream.close(constants.NGHTTP2_CANCEL);
      else response.destroy();
    },
    Math.ceil(timeoutMs / looks),
  ).unref();
  response.once("close", () => clearInterval(timer));
}

/**
 * How long the rest of a request that is answered is thrown away before its stream is closed, in
 * milliseconds. Closing at once would make some clients lose the answer.
 */
const lingerMs = 2_000;

/**
 * Closes the stream of a call that is answered and whose client does not end its request: no more
 * of it is wanted (RFC 9113, section 8.1), and an open stream holds the connection of a server that
 * drains.
 */
function closeAnswered({ stream }: Http2ServerResponse): void {
  // The response's own event comes too late: at the end of the stream.
  stream.once("finish", () => {
    const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), lingerMs).unref();
    stream.once("close", () => clearTimeout(timer));
  });
}
