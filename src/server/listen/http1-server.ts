import type { IncomingMessage, ServerResponse } from "node:http";
import * as http from "node:http";
import type { Duplex } from "node:stream";
import { shorten } from "../../characters.ts";
import type { ConnectionFault, ServerObserver } from "../../telemetry/server-observer.ts";
import type { CallAnswerer } from "../call/answer-call.ts";
import { HttpError } from "../http/http-error.ts";
import { maxEchoChars } from "../http/json-route.ts";
import type { ServerLimits } from "../limits.ts";
import { answerConnect, answerHttp1Fault, type Http1Fault } from "./http1-fault.ts";

/** The dependencies of the HTTP/1.1 server. */
export interface Http1ServerOptions {
  readonly limits: ServerLimits;
  /** Called with each request that never became one. */
  readonly onFault: (fault: Http1Fault) => void;
  readonly observer?: ServerObserver | undefined;
  readonly onRequest: CallAnswerer["answer"];
}

/**
 * How often Node looks for HTTP/1.1 requests that are late. Its default of 30 s would stretch every
 * shorter limit.
 */
const connectionsCheckMs = 1_000;

/**
 * The fault that the observer gets for an HTTP/1.1 request that could not be parsed, by the status
 * of the answer; others are malformed.
 */
const faultOfStatus: Readonly<Record<number, ConnectionFault>> = {
  408: "http1_timeout",
  431: "http1_headers_too_large",
};

/** Returns a server that does not listen: sockets are handed to it. */
export function createHttp1Server(options: Http1ServerOptions): http.Server {
  const { limits, onFault, observer, onRequest } = options;
  const server = http.createServer({
    maxHeaderSize: limits.maxHeaderBytes,
    // Node refuses to wait longer for the headers than for the whole.
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: connectionsCheckMs,
    // Node answers without a word where there is none.
    requireHostHeader: false,
  });
  const pending = createPendingAnswers();
  const accept =
    (waitsForLeave: boolean, problemOf = hostProblemOf) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      toOriginForm(request);
      pending.add(request, response);
      onRequest(request, response, { waitsForLeave, problem: problemOf(request) });
    };
  server.on("request", accept(false));
  server.on("checkContinue", accept(true));
  server.on("checkExpectation", accept(false, expectProblemOf));
  server.on("connect", (_request, socket) => {
    // Node has taken its own listener away, and an error without one ends the process.
    socket.on("error", () => socket.destroy());
    pending.whenSent(socket, () => {
      onFault(answerConnect(socket));
    });
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

/** Knows which answers are still to be sent on each HTTP/1.1 connection. */
interface PendingAnswers {
  add(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Calls `onSent` once the answers to all requests that were received whole are sent; at once if
   * there are none. Only the first call for a connection counts.
   */
  whenSent(socket: Duplex, onSent: () => void): void;
}

/** Returns an empty record. */
function createPendingAnswers(): PendingAnswers {
  const open = new WeakMap<Duplex, Map<ServerResponse, IncomingMessage>>();
  const awaited = new WeakSet<Duplex>();
  return {
    add(request, response) {
      const { socket } = request;
      const answers = open.get(socket) ?? new Map<ServerResponse, IncomingMessage>();
      open.set(socket, answers.set(response, request));
      response.once("close", () => answers.delete(response));
    },
    whenSent(socket, onSent) {
      if (awaited.has(socket)) return;
      awaited.add(socket);
      const whole = [...(open.get(socket) ?? [])].filter(([, request]) => request.complete);
      // They are sent in the order of their requests.
      const [last] = whole.at(-1) ?? [];
      if (last === undefined) onSent();
      else last.once("close", onSent);
    },
  };
}

/** How the absolute form of a target begins, and the authority that it names. */
const absolutePattern = /^https?:\/\/([^/?#]*)/i;

/** What may stand in `host`: a name or an address, and a port (RFC 3986, section 3.2). */
const hostPattern = /^[\w.~!$&'()*+,;=%:[\]-]*$/;

/**
 * Rewrites the absolute form of an HTTP/1.1 target (`http://host/path`), which servers must accept,
 * to its path; the host in it stands for the `host` header (RFC 9112, section 3.2.2).
 */
function toOriginForm(request: IncomingMessage): void {
  const { url = "" } = request;
  const [prefix, authority] = absolutePattern.exec(url) ?? [];
  if (prefix === undefined) return;
  const rest = url.slice(prefix.length);
  request.url = rest.startsWith("/") ? rest : `/${rest}`;
  request.headers.host = authority;
}

/**
 * Returns what is wrong with the `host` of an HTTP/1 request, or undefined if nothing is: more than
 * one, none in HTTP/1.1, or none that can be a host, must be a 400 (RFC 9112, section 3.2).
 */
function hostProblemOf(request: IncomingMessage): HttpError | undefined {
  const { rawHeaders, headers, httpVersion } = request;
  const lines = rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === "host");
  const isMissing = lines.length === 0 && httpVersion === "1.1";
  if (lines.length > 1 || isMissing) {
    const got = isMissing ? "none" : `${lines.length} times`;
    return badHost(`\`host\` must be sent once, got: ${got}`);
  }
  return hostPattern.test(headers.host ?? "") ? undefined : badHost("`host` must name a host");
}

function badHost(message: string): HttpError {
  return new HttpError(400, "invalid_argument", message, { field: "host" });
}

/** Returns the error of an expectation that is not met (RFC 9110, section 10.1.1). */
function expectProblemOf({ headers }: IncomingMessage): HttpError {
  const got = shorten(headers.expect ?? "", maxEchoChars);
  const message = `\`expect\` must be \`100-continue\`, got: \`${got}\``;
  return new HttpError(417, "invalid_argument", message, { field: "expect" });
}
