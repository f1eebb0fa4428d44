import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { type ClientTransport, connectTransportOf } from "../call/client-transport.ts";
import { createClient } from "../create-client.ts";
import type { RerankClient } from "../rerank-client.ts";
import { type WebRerankClientOptions, type WebSettings, webSettingsOf } from "./web-options.ts";

/**
 * Calls a rerank server from a browser. It is the client of Node without `rerankStream`: browsers do
 * not read an answer while they still send the request.
 */
export type WebRerankClient = Omit<RerankClient, "rerankStream">;

/** Returns a client. Throws a RerankClientError with `invalid_argument` if an option cannot be. */
export function createRerankClient(options: WebRerankClientOptions = {}): WebRerankClient {
  const settings = webSettingsOf(options);
  const { rerankStream: _, ...client } = createClient(createWebTransport(settings), settings);
  return client;
}

/** Returns a transport over `fetch`; the browser keeps the connections. */
function createWebTransport({ baseUrl, transport, headers }: WebSettings): ClientTransport {
  const options = { baseUrl, useBinaryFormat: true };
  const carrier =
    transport === "connect" ? createConnectTransport(options) : createGrpcWebTransport(options);
  return connectTransportOf(carrier, { headers, close: async () => undefined });
}
