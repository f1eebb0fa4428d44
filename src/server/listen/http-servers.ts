import * as http from "node:http";
import * as http2 from "node:http2";
import type { Duplex } from "node:stream";
import type {
  ConnectionFault,
  ConnectionProtocol,
  ServerObserver,
} from "../../telemetry/server-observer.ts";
import { pathOf, type ServerRequest, type ServerResponseLike } from "../call/call.ts";
import { toOriginForm } from "../call/request-target.ts";
import type { ServerLimits } from "../limits.ts";
import { answerHttp1Fault, type Http1Fault } from "./http1-fault.ts";
import { createPendingAnswers } from "./pending-answers.ts";
import { closeWhenDead, type Flood, guardSession } from "./session-guard.ts";

/** One server for each HTTP version. Neither listens: the listener hands sockets to them. */
export interface HttpServers {
  /** Serves HTTP/1.1 on a socket from now on. */
  serveHttp1(socket: Duplex): void;
  /** Serves HTTP/2 on a socket from now on. */
  serveHttp2(socket: Duplex): void;
  /**
   * Asks every HTTP/2 client to open no more streams, which closes the connections without one.
   * Repeat for those that come late.
   */
  closeIdleHttp2(): void;
  /** Closes the HTTP/1.1 connections without a request. Repeat until all are gone. */
  closeIdleHttp1(): void;
  /** Closes everything at once. */
  destroy(): void;
}

/** What the servers need. */
export interface HttpServersOptions {
  readonly limits: ServerLimits;
  /** Hears of HTTP/1.1 requests that never became one. */
  readonly onFault: (fault: Http1Fault) => void;
  readonly observer?: ServerObserver | undefined;
  readonly onRequest: (request: ServerRequest, response: ServerResponseLike) => void;
  /** Whether a client that asks first may send the body of a request. */
  readonly mayPass: (request: ServerRequest, path: string) => boolean;
  /** Called when a connection is closed because of what its client does too often. */
  readonly onFlood: (flood: Flood) => void;
}

/**
 * How often Node looks for HTTP/1.1 requests that are late. Its default of 30 s would stretch every
 * shorter limit.
 */
const connectionsCheckMs = 1_000;

/**
 * Received bytes of one stream that may wait to be read: a request of a few megabytes arrives
 * without a pause for breath.
 */
const streamWindowBytes = 1024 * 1024;

/** The same for all streams of a connection. */
const connectionWindowBytes = 4 * 1024 * 1024;

/**
 * How many of the largest answers may wait to be sent on one HTTP/2 connection before Node refuses
 * further requests on it. Its default of ten megabytes is less than one answer with its documents.
 */
const bodiesPerSession = 4;

/** What RFC 9113 adds for each header field. */
const bytesPerHeader = 32;

/** Node counts the memory of a session in megabytes. */
const bytesPerMegabyte = 1e6;

/** What the observer is told of HTTP/1.1 requests that never became one; others are malformed. */
const faultOfStatus: Readonly<Record<number, ConnectionFault>> = {
  408: "http1_timeout",
  431: "http1_headers_too_large",
};

/** Returns the servers. */
export function createHttpServers(options: HttpServersOptions): HttpServers {
  const http1 = createHttp1Server(options);
  const { http2: http2Server, sessions } = createHttp2Server(options);
  const report = (protocol: ConnectionProtocol, socket: Duplex): void => {
    const onClose = options.observer?.connectionOpened?.(protocol);
    if (onClose !== undefined) socket.once("close", onClose);
  };

  return {
    serveHttp1(socket) {
      report("http1", socket);
      http1.emit("connection", socket);
    },
    serveHttp2(socket) {
      report("http2", socket);
      http2Server.emit("connection", socket);
    },
    closeIdleHttp1() {
      http1.closeIdleConnections();
    },
    closeIdleHttp2() {
      // Sends GOAWAY with the last stream that is answered, so a client knows which of its calls to
      // take elsewhere.
      for (const session of sessions) if (!session.closed) session.close();
    },
    destroy() {
      for (const session of sessions) session.destroy();
      http1.closeAllConnections();
      http1.close();
    },
  };
}

function createHttp1Server(options: HttpServersOptions): http.Server {
  const { limits, onFault, observer, onRequest, mayPass } = options;
  const server = http.createServer({
    maxHeaderSize: limits.maxHeaderBytes,
    // Node refuses to wait longer for the headers than for the whole.
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: connectionsCheckMs,
  });
  const pending = createPendingAnswers();
  const accept = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    pending.add(request, response);
    onRequest(request, response);
  };
  server.on("request", (request, response) => {
    toOriginForm(request);
    accept(request, response);
  });
  server.on("checkContinue", (request, response) => {
    toOriginForm(request);
    const isTooLarge = Number(request.headers["content-length"]) > limits.maxBodyBytes;
    if (!isTooLarge && mayPass(request, pathOf(request))) response.writeContinue();
    // The client waits for a go-ahead that never comes, so the rest of this connection would be out
    // of step.
    else response.setHeader("connection", "close");
    accept(request, response);
  });
  server.on("clientError", (error, socket) => {
    // What came before on the connection was good, and has its answer first.
    pending.whenSent(socket, () => {
      const fault = answerHttp1Fault(error, socket);
      if (fault === undefined) return;
      observer?.connectionFailed?.(faultOfStatus[fault.status] ?? "malformed_http1");
      onFault(fault);
    });
  });
  // A server that does not listen checks no time limits and closes no idle connections; this event
  // starts both.
  server.emit("listening");
  return server;
}

function createHttp2Server(options: HttpServersOptions): {
  readonly http2: http2.Http2Server;
  readonly sessions: ReadonlySet<http2.ServerHttp2Session>;
} {
  const { limits, observer, onRequest, onFlood } = options;
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer({
    maxSessionMemory: Math.ceil((limits.maxBodyBytes * bodiesPerSession) / bytesPerMegabyte),
    settings: {
      maxConcurrentStreams: limits.maxConcurrentStreams,
      maxHeaderListSize: limits.maxHeaderBytes,
      initialWindowSize: streamWindowBytes,
    },
  });
  server.on("request", (request, response) => {
    // Node does so by itself, but only once the client has acknowledged the settings.
    const isTooLarge = headerBytesOf(request.rawHeaders) > limits.maxHeaderBytes;
    if (isTooLarge) response.stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
    else onRequest(request, response);
  });
  server.on("session", (session) => {
    session.setLocalWindowSize(connectionWindowBytes);
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    closeWhenIdle(session, limits.idleTimeoutMs);
    closeWhenDead(session, limits.idleTimeoutMs);
    guardSession(session, limits.maxConcurrentStreams, onFlood);
  });
  server.on("sessionError", () => observer?.connectionFailed?.("http2_session"));
  return { http2: server, sessions };
}

/** Returns the size of header fields as RFC 9113 counts it, section 6.5.2. */
function headerBytesOf(namesAndValues: readonly string[]): number {
  const texts = namesAndValues.reduce((sum, { length }) => sum + length, 0);
  return texts + (namesAndValues.length / 2) * bytesPerHeader;
}

/**
 * Closes a session that has had no stream for a while. One with a stream stays: a Watch may be
 * silent for days.
 */
function closeWhenIdle(session: http2.ServerHttp2Session, idleTimeoutMs: number): void {
  let streams = 0;
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    timer = setTimeout(() => session.close(), idleTimeoutMs).unref();
  };
  session.on("stream", (stream: http2.ServerHttp2Stream) => {
    streams += 1;
    clearTimeout(timer);
    stream.once("close", () => {
      streams -= 1;
      if (streams === 0 && !session.closed) arm();
    });
  });
  session.once("close", () => clearTimeout(timer));
  arm();
}
