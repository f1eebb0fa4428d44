import * as http2 from "node:http2";
import type { ServerObserver } from "../../telemetry/server-observer.ts";
import type { CallAnswerer } from "../call/answer-call.ts";
import type { ServerLimits } from "../limits.ts";
import { closeWhenDead, type Flood, guardSession } from "./session-guard.ts";

/** The dependencies of the HTTP/2 server. */
export interface Http2ServerOptions {
  readonly limits: ServerLimits;
  readonly observer?: ServerObserver | undefined;
  readonly onRequest: CallAnswerer["answer"];
  /** Called when a connection is closed because of what its client does too often. */
  readonly onFlood: (flood: Flood) => void;
}

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

/** Returns a server that does not listen, and its sessions: sockets are handed to it. */
export function createHttp2Server(options: Http2ServerOptions): {
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
