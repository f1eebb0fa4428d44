import type { FallbackOptions } from "../fallback/fallback-types.ts";

/**
 * The protocol and transport of calls: `grpc` and `connect` over one HTTP/2 connection, `grpc-js`
 * over gRPC's own client, which supports several addresses, load balancing and retries. Only
 * `grpc-js` retries calls that fail.
 */
export type TransportName = "grpc" | "connect" | "grpc-js";

/** TLS of an `https://` address; texts and bytes are PEM. */
export interface ClientTlsOptions {
  /** Certificates that the server's may be signed by. Default: those of Node. */
  readonly ca?: string | Uint8Array | undefined;
  /** The client's certificate chain, for mutual TLS; needs `key`. */
  readonly cert?: string | Uint8Array | undefined;
  /** The client's private key. */
  readonly key?: string | Uint8Array | undefined;
  /** The name that the server's certificate must have. Default: the host of the address. */
  readonly serverName?: string | undefined;
  /**
   * Whether a server whose certificate is not trusted is an error. Default: true. If false, anyone
   * between client and server can read and change all data, the API key included.
   */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** Options of a client. */
export interface RerankClientOptions {
  /**
   * `http://host:port` or `https://host:port`; a list, or a text with commas, for several servers.
   * `unix:/path` is a Unix socket. Default: `http://localhost:7998`.
   */
  readonly url?: string | readonly string[] | undefined;
  /** Default: `grpc`; `grpc-js` where there is more than one address. */
  readonly transport?: TransportName | undefined;
  /** Sent as `authorization: Bearer …`. */
  readonly apiKey?: string | undefined;
  /** How long a call may take, in milliseconds; `Infinity` for no deadline. Default: 30,000. */
  readonly timeoutMs?: number | undefined;
  /** The model that requests ask for. Default: the one that is served. */
  readonly model?: string | undefined;
  readonly tls?: ClientTlsOptions | undefined;
  /** Headers of every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Largest message in either direction, in bytes. Default: 64 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** Options of rerankOrFallback. */
  readonly fallback?: FallbackOptions | undefined;
}
