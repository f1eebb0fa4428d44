import { connect } from "node:net";
import type { Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { type ClientTransport, connectTransportOf } from "../call/client-transport.ts";
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
  return connectTransportOf(transport, { headers, close: async () => sessionManager.abort() });
}
