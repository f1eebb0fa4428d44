import * as http2 from "node:http2";
import { type InputStatus, statusOfHttp1 } from "./answer-status.ts";
import type { WireRequest } from "./grammar/wire-request.ts";
import { inputTimeoutMs } from "./input-timeout.ts";

/** A connection of HTTP/2 for many calls at once, opened anew when the server ends it. */
export interface Http2Lane {
  /** Sends a request; with `cancel`, gives it up once it is sent. */
  send(request: WireRequest, cancel: boolean): Promise<InputStatus>;
  close(): void;
}

/** Returns a lane; it connects when it must. */
export function createHttp2Lane(port: number): Http2Lane {
  let session: http2.ClientHttp2Session | undefined;

  function open(): http2.ClientHttp2Session {
    if (session && !session.closed && !session.destroyed) return session;
    session = http2.connect(`http://127.0.0.1:${port}`);
    session.on("error", () => undefined);
    session.setMaxListeners(0);
    return session;
  }

  /** Returns undefined where the server has just ended the connection. */
  function request(method: string, path: string, headers: http2.OutgoingHttpHeaders) {
    try {
      return open().request({ ":method": method, ":path": path, ...headers });
    } catch {
      session?.destroy();
      session = undefined;
      return undefined;
    }
  }

  function send(wanted: WireRequest, cancel: boolean): Promise<InputStatus> {
    const { method, path, headers, body } = wanted;
    return new Promise((resolve) => {
      const stream = request(method, path, Object.fromEntries(headers));
      if (stream === undefined) return resolve("closed");
      let answer: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
      let trailers: http2.IncomingHttpHeaders = {};
      const chunks: Buffer[] = [];
      const timer = setTimeout(() => {
        stream.close(http2.constants.NGHTTP2_CANCEL);
        resolve("hang");
      }, inputTimeoutMs);
      stream.on("response", (received) => {
        answer = received;
      });
      stream.on("trailers", (received) => {
        trailers = received;
      });
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", () => undefined);
      stream.on("close", () => {
        clearTimeout(timer);
        const status = answer[":status"];
        const grpcStatus = trailers["grpc-status"] ?? answer["grpc-status"];
        if (grpcStatus !== undefined) return resolve(`grpc ${grpcStatus}`);
        if (status === undefined) return resolve(cancel ? "cancelled" : "closed");
        resolve(statusOfHttp1(answer["content-type"] ?? "", status, Buffer.concat(chunks)));
      });
      stream.end(body);
      if (cancel) stream.close(http2.constants.NGHTTP2_CANCEL);
    });
  }

  return { send, close: () => session?.destroy() };
}
