import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { ConnectionProtocol } from "../../telemetry/server-observer.ts";
import { createHttp1Server, type Http1ServerOptions } from "./http1-server.ts";
import { createHttp2Server, type Http2ServerOptions } from "./http2-server.ts";

/**
 * The HTTP/1.1 server and the HTTP/2 server, which get their connections from the listener. Neither
 * listens: the listener hands sockets to them.
 */
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

/** The dependencies of the servers. */
export type HttpServersOptions = Http1ServerOptions & Http2ServerOptions;

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
      // Node's parser reads TLS sockets below their streams, where one packet may bring several
      // records: those that follow a request which pauses the socket (its answer waits behind one
      // that the client has not read) then fail as invalid HTTP. A listener makes it read the
      // stream, which keeps them.
      if (socket instanceof TLSSocket) socket.on("data", () => {});
    },
    serveHttp2(socket) {
      report("http2", socket);
      http2Server.emit("connection", socket);
    },
    closeIdleHttp1() {
      http1.closeIdleConnections();
    },
    closeIdleHttp2() {
      // Sends GOAWAY with the last stream that is answered, so a client can tell which of its calls
      // to take elsewhere.
      for (const session of sessions) if (!session.closed) session.close();
    },
    destroy() {
      for (const session of sessions) session.destroy();
      http1.closeAllConnections();
      http1.close();
    },
  };
}
