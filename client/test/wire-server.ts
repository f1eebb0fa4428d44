import { once } from "node:events";
import { createSecureServer, createServer, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { TlsOptions } from "node:tls";

/** A server that answers every call alike, and remembers what it was sent. */
export interface WireServer {
  readonly url: string;
  /** Headers of every call. */
  readonly received: readonly IncomingHttpHeaders[];
}

/**
 * Starts one on loopback, in cleartext or with TLS; it is closed with the test. `goesAway`: the
 * headers do not end the answer, but the connection breaks after them.
 */
export async function startWireServer(
  context: TestContext,
  answer: Readonly<Record<string, string | number>>,
  { tls, goesAway = false }: { readonly tls?: TlsOptions; readonly goesAway?: boolean } = {},
): Promise<WireServer> {
  const received: IncomingHttpHeaders[] = [];
  const server = tls ? createSecureServer(tls) : createServer();
  const sockets = new Set<{ destroy(): void }>();
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  server.on("connection", (socket) => sockets.add(socket));
  server.on("sessionError", () => undefined);
  server.on("stream", (stream, headers) => {
    received.push(headers);
    stream.on("error", () => undefined);
    stream.resume();
    stream.respond(answer, { endStream: !goesAway });
    if (goesAway) setImmediate(() => destroyAll());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    destroyAll();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${tls ? "https" : "http"}://127.0.0.1:${port}`, received };
}
