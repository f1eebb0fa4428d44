import * as net from "node:net";
import * as tls from "node:tls";
import type { ServerObserver } from "../../telemetry/server-observer.ts";
import type { ServerLimits } from "../limits.ts";
import { type DetectedProtocol, detectProtocol } from "./detect-protocol.ts";
import type { HttpServers } from "./http-servers.ts";

/** The certificate and key of a TLS server, in PEM. */
export interface TlsOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  /**
   * Certificates (PEM) of the authorities that sign those of clients. With it no client connects
   * without a certificate of theirs. Default: clients need none.
   */
  readonly clientCa?: Buffer | undefined;
}

/** The socket that listens, and the connections that have not shown their protocol yet. */
export interface Listener {
  readonly server: net.Server;
  /** Every open connection, whatever its protocol. */
  readonly sockets: ReadonlySet<net.Socket>;
  /** Closes the connections that have not shown their protocol. */
  dropUndecided(): void;
  /**
   * Uses another certificate for new connections. Throws, and keeps the present one, if it is
   * broken. Whether clients need a certificate cannot be changed.
   */
  setTls(tls: TlsOptions): void;
}

/** The dependencies of the listener. */
export interface ListenerOptions {
  readonly servers: Pick<HttpServers, "serveHttp1" | "serveHttp2">;
  readonly limits: Pick<
    ServerLimits,
    "undecidedTimeoutMs" | "maxUndecidedSockets" | "maxConnections"
  >;
  /** Called for every connection that is closed because there are too many. */
  readonly onRefused: (reason: "undecided_connections" | "connections") => void;
  /**
   * Serves TLS alone, with HTTP/2 and HTTP/1.1 by ALPN. Default: cleartext, with the protocol
   * detected from the first bytes.
   */
  readonly tls?: TlsOptions | undefined;
  readonly observer?: ServerObserver | undefined;
}

/** Returns a listener that serves HTTP/1.1 and HTTP/2 on one port. It does not listen yet. */
export function createListener(options: ListenerOptions): Listener {
  const sockets = new Set<net.Socket>();
  const undecided = new Map<Peer, net.Socket>();
  const { limits, onRefused } = options;

  /** Returns false, with the connection closed, if there are too many like it. */
  const admit = (socket: net.Socket): boolean => {
    if (undecided.size >= limits.maxUndecidedSockets) {
      onRefused("undecided_connections");
      socket.destroy();
      return false;
    }
    const peer = peerOf(socket);
    sockets.add(socket);
    undecided.set(peer, socket);
    socket.once("close", () => {
      sockets.delete(socket);
      if (undecided.get(peer) === socket) undecided.delete(peer);
    });
    return true;
  };
  const decide = (socket: net.Socket): void => {
    undecided.delete(peerOf(socket));
  };

  const secure = options.tls && listenTls(options, options.tls, admit, decide);
  const server = secure ?? listenCleartext(options, admit, decide);
  server.maxConnections = limits.maxConnections;
  server.on("drop", () => onRefused("connections"));

  return {
    server,
    sockets,
    dropUndecided() {
      for (const socket of undecided.values()) socket.destroy();
    },
    setTls(next) {
      const context = contextOptionsOf(next);
      // Throws before anything is changed.
      tls.createSecureContext(context);
      secure?.setSecureContext(context);
    },
  };
}

function listenCleartext(
  { servers, limits, observer }: ListenerOptions,
  admit: (socket: net.Socket) => boolean,
  decide: (socket: net.Socket) => void,
): net.Server {
  const onSilent = (): void => observer?.connectionFailed?.("silent");
  return net.createServer({ noDelay: true }, (socket) => {
    if (!admit(socket)) return;
    const onDetected = (protocol: DetectedProtocol): void => {
      decide(socket);
      if (protocol === "http2") servers.serveHttp2(socket);
      else servers.serveHttp1(socket);
    };
    detectProtocol(socket, limits.undecidedTimeoutMs, onDetected, onSilent);
  });
}

function listenTls(
  { servers, limits, observer }: ListenerOptions,
  options: TlsOptions,
  admit: (socket: net.Socket) => boolean,
  decide: (socket: net.Socket) => void,
): tls.Server {
  const needsClientCertificate = options.clientCa !== undefined;
  const server = tls.createServer({
    ...contextOptionsOf(options),
    requestCert: needsClientCertificate,
    rejectUnauthorized: needsClientCertificate,
    noDelay: true,
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout: limits.undecidedTimeoutMs,
  });
  // `connection` brings the raw socket, `secureConnection` another one around it with the same
  // peer.
  server.prependListener("connection", admit);
  server.on("secureConnection", (socket) => {
    decide(socket);
    if (socket.alpnProtocol === "h2") servers.serveHttp2(socket);
    else servers.serveHttp1(socket);
  });
  server.on("tlsClientError", (_error, socket) => {
    observer?.connectionFailed?.("tls_handshake");
    socket.destroy();
  });
  return server;
}

function contextOptionsOf({ cert, key, clientCa }: TlsOptions): tls.SecureContextOptions {
  return { cert, key, ...(clientCa !== undefined && { ca: clientCa }) };
}

/** Address and port; a socket of a path has none, and stands for itself. */
type Peer = string | net.Socket;

function peerOf(socket: net.Socket): Peer {
  const { remoteAddress, remotePort } = socket;
  return remotePort === undefined ? socket : `${remoteAddress} ${remotePort}`;
}
