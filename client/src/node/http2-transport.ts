import { connect } from "node:net";
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import type { RerankClientError } from "../call/client-error.ts";
import type { ClientTransport } from "../call/client-transport.ts";
import { type ErrorDetail, retryAfterMsOf } from "../call/retry-after.ts";
import { errorOfStatus } from "../call/wire-error.ts";
import type { ClientSettings } from "./client-settings.ts";
import { Http2Connections } from "./http2-connections.ts";
import { tlsOptionsOf } from "./tls-options.ts";
import { pingIntervalMs, pingTimeoutMs } from "./transport-limits.ts";

/**
 * Returns a transport over one HTTP/2 connection, for the protocol gRPC or Connect. It connects
 * with its first call, and again after a connection broke. Interceptors see what callers do not:
 * the headers and trailers of answers.
 */
export function createHttp2Transport(
  settings: ClientSettings,
  interceptors: Interceptor[] = [],
): ClientTransport {
  const { headers, maxMessageBytes } = settings;
  const [{ baseUrl, secure, socketPath }] = settings.addresses;
  const sessionManager = new Http2Connections(
    baseUrl,
    // A connection that was silent for longer may be gone without a word, so no call is made on it.
    { pingIntervalMs, pingTimeoutMs, idleTimeoutMs: pingIntervalMs },
    {
      ...(secure && tlsOptionsOf(settings.tls)),
      ...(socketPath !== undefined && { createConnection: () => connect({ path: socketPath }) }),
    },
  );
  const options = {
    baseUrl,
    httpVersion: "2",
    sessionManager,
    interceptors,
    useBinaryFormat: true,
    readMaxBytes: maxMessageBytes,
    writeMaxBytes: maxMessageBytes,
  } as const;
  const transport =
    settings.transport === "connect"
      ? createConnectTransport(options)
      : createGrpcTransport(options);
  return {
    async unary(method, message, { signal, timeoutMs }) {
      try {
        const answer = await transport.unary(method, signal, timeoutMs, headers, message);
        return answer.message;
      } catch (error) {
        throw errorOf(error);
      }
    },
    async *stream(method, messages, { signal, timeoutMs }) {
      try {
        const answer = await transport.stream(method, signal, timeoutMs, headers, messages);
        yield* answer.message;
      } catch (error) {
        throw errorOf(error);
      }
    },
    close: async () => sessionManager.abort(),
  };
}

function errorOf(cause: unknown): RerankClientError {
  const error = ConnectError.from(cause);
  const details = error.details.filter((detail): detail is ErrorDetail => "type" in detail);
  return errorOfStatus({
    status: error.code,
    message: error.rawMessage,
    // What the server answers has headers; an error of the connection has none.
    fromServer: [...error.metadata.keys()].length > 0,
    retryAfterMs: retryAfterMsOf(details, error.metadata.get("retry-after")),
    cause,
  });
}
