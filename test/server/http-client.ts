import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import type { TestContext } from "node:test";

/** An answer as it came over the wire. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** A request to send. */
export interface HttpCall {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  readonly agent?: http.Agent;
}

/** Sends a request over HTTP/1.1, each on a connection of its own unless an agent is given. */
export function sendHttp1(url: string, call: HttpCall = {}): Promise<HttpAnswer> {
  const { method = call.body === undefined ? "GET" : "POST", headers = {}, body, agent } = call;
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: agent ?? false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Sends a JSON value over HTTP/1.1. */
export function postJson(
  url: string,
  body: unknown,
  headers: http.OutgoingHttpHeaders = {},
): Promise<HttpAnswer> {
  return sendHttp1(url, {
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** Sends a JSON value to `/rerank` over HTTP/1.1. */
export function postRerank(
  url: string,
  body: unknown,
  headers: http.OutgoingHttpHeaders = {},
): Promise<HttpAnswer> {
  return postJson(`${url}/rerank`, body, headers);
}

/** Opens an HTTP/2 connection by prior knowledge; it is closed with the test. */
export function connectHttp2(
  context: TestContext,
  url: string,
  options: http2.SecureClientSessionOptions = {},
): http2.ClientHttp2Session {
  const session = http2.connect(url, options);
  session.on("error", () => undefined);
  context.after(() => session.destroy());
  return session;
}

/** Sends a request on an HTTP/2 connection. */
export function sendHttp2(
  session: http2.ClientHttp2Session,
  path: string,
  call: HttpCall = {},
): Promise<HttpAnswer> {
  const { method = call.body === undefined ? "GET" : "POST", headers = {}, body } = call;
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": method, ":path": path, ...headers });
    const chunks: Buffer[] = [];
    let head: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
    stream.on("response", (received) => {
      head = received;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("close", () => {
      const text = Buffer.concat(chunks).toString();
      resolve({ status: head[":status"] ?? 0, headers: head, text });
    });
    stream.end(body);
  });
}

/** A raw TCP connection. */
export interface RawConnection {
  readonly socket: net.Socket;
  /** Everything that was received so far. */
  received(): string;
  /** Resolves once the text was received. */
  until(text: string): Promise<void>;
  /** Resolves once the connection is closed. */
  readonly closed: Promise<void>;
}

/** Opens a raw TCP connection; it is closed with the test. */
export async function connectRaw(context: TestContext, port: number): Promise<RawConnection> {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  context.after(() => socket.destroy());
  let text = "";
  const waiting = new Set<() => void>();
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    for (const look of [...waiting]) look();
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  return {
    socket,
    received: () => text,
    closed,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!text.includes(wanted)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void closed.then(() => reject(new Error(`closed before it sent ${wanted}: ${text}`)));
      }),
  };
}
