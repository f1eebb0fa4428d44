/** A port that a server listens on. */
export interface Address {
  /** A name or an IP address. */
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
}

/** A Unix socket that a server listens on. */
export interface UnixSocket {
  /** Where it lies. Whoever has its user or group may connect. */
  readonly path: string;
}
