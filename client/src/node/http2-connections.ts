import { type ClientHttp2Stream, constants, type Http2Session } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { Http2SessionManager } from "@connectrpc/connect-node";

/** Times after which a connection is pinged and closed, in milliseconds. */
export interface ConnectionTimes {
  /** How long nothing may arrive during a call before the server is pinged. */
  readonly pingIntervalMs: number;
  /** How long the server may take to answer that. */
  readonly pingTimeoutMs: number;
  /** How long a connection without calls is kept. */
  readonly idleTimeoutMs: number;
}

/**
 * The HTTP/2 connections of one transport: at most one takes new calls. During calls a connection is
 * pinged, and one that does not answer ends, with `unavailable` for its calls.
 *
 * The pings are not those of Http2SessionManager, because with them comes its verification of
 * connections before a call: in connect-node 2.1 that never ends, for this call and for all later
 * ones, when the connection is closed meanwhile.
 */
export class Http2Connections extends Http2SessionManager {
  readonly #times: ConnectionTimes;
  readonly #pinged = new WeakMap<Http2Session, PingedConnection>();

  constructor(
    url: string,
    times: ConnectionTimes,
    options: ConstructorParameters<typeof Http2SessionManager>[2],
  ) {
    super(url, { idleConnectionTimeoutMs: times.idleTimeoutMs }, options);
    this.#times = times;
  }

  override async request(
    ...call: Parameters<Http2SessionManager["request"]>
  ): Promise<ClientHttp2Stream> {
    const stream = await super.request(...call);
    const { session } = stream;
    if (session !== undefined) this.#pingedOf(session).add(stream);
    return stream;
  }

  override notifyResponseByteRead(stream: ClientHttp2Stream): void {
    super.notifyResponseByteRead(stream);
    const { session } = stream;
    if (session !== undefined) this.#pinged.get(session)?.lives();
  }

  #pingedOf(session: Http2Session): PingedConnection {
    const known = this.#pinged.get(session);
    if (known !== undefined) return known;
    const pinged = new PingedConnection(session, this.#times);
    this.#pinged.set(session, pinged);
    return pinged;
  }
}

/** Pings one connection while calls are open on it. */
class PingedConnection {
  readonly #session: Http2Session;
  readonly #times: ConnectionTimes;
  #calls = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(session: Http2Session, times: ConnectionTimes) {
    this.#session = session;
    this.#times = times;
    session.once("close", () => clearTimeout(this.#timer));
    // Its calls have the error. Http2SessionManager stops listening when it lets go of a connection,
    // and an error that came after that would end the process.
    session.on("error", () => undefined);
  }

  add(stream: ClientHttp2Stream): void {
    this.#calls += 1;
    if (this.#calls === 1) this.lives();
    stream.once("close", () => {
      this.#calls -= 1;
      if (this.#calls === 0) clearTimeout(this.#timer);
    });
  }

  /** Notes that something came from the server just now. */
  lives(): void {
    clearTimeout(this.#timer);
    if (this.#calls === 0 || this.#session.destroyed) return;
    this.#timer = setTimeout(() => this.#ping(), this.#times.pingIntervalMs).unref();
  }

  #ping(): void {
    if (this.#session.destroyed) return;
    this.#timer = setTimeout(() => {
      const error = new ConnectError("the server did not answer a PING", Code.Unavailable);
      this.#session.destroy(error, constants.NGHTTP2_CANCEL);
    }, this.#times.pingTimeoutMs).unref();
    this.#session.ping((error) => {
      if (error === null) this.lives();
    });
  }
}
