import { setMaxListeners } from "node:events";
import { RerankError, StartupError } from "../errors.ts";
import type { Reranker } from "../reranker/rerank-request.ts";
import type { Logger } from "../telemetry/log.ts";
import type { MetricsText, ServerObserver } from "../telemetry/server-observer.ts";
import type { HealthState } from "./health-state.ts";
import { createHttpHandler } from "./http/http-handler.ts";
import { createRoutes } from "./http/routes.ts";
import { createHttpServers } from "./http-servers.ts";
import type { ServerLimits } from "./limits.ts";
import { listenErrorOf } from "./listen-error.ts";
import { createListener, type Listener, type TlsOptions } from "./listener.ts";
import { createRequestHandler } from "./request-handler.ts";
import { createRpcHandler } from "./rpc/rpc-handler.ts";
import { createRpcHandlers } from "./rpc/rpc-router.ts";
import type { ServingInfo } from "./serving-info.ts";

/** Where a server listens. */
export interface Address {
  /** A name or an IP address. */
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
}

/** Serves every protocol on one port. */
export interface RerankServer {
  /** Begins to listen and returns where. Rejects with a StartupError if that cannot be. */
  listen(address: Address): Promise<Address>;
  /**
   * Stops without losing a call: health turns to `draining`, no connection is accepted any more,
   * and what is in flight is answered within `graceMs`. Calls that are left then end with
   * UNAVAILABLE, and `clean` is false. A second call joins the first.
   */
  drain(graceMs: number): Promise<{ readonly clean: boolean }>;
  /** Closes every connection at once. */
  destroy(): void;
}

/** What a server needs. */
export interface ServerOptions {
  readonly reranker: Reranker;
  readonly health: HealthState;
  readonly log: Logger;
  readonly limits: ServerLimits;
  readonly serving: ServingInfo;
  /** Serves TLS alone. Default: cleartext. */
  readonly tls?: TlsOptions | undefined;
  /** Hears what the server does. */
  readonly observer?: ServerObserver | undefined;
  /** Returns what `GET /metrics` answers. Default: there is no such route. */
  readonly metrics?: (() => Promise<MetricsText>) | undefined;
}

/** How often a draining server closes the connections that became idle, in milliseconds. */
const sweepMs = 50;

/**
 * How long a draining server leaves HTTP/1.1 connections open that are idle or new, in milliseconds.
 * HTTP/1.1 cannot say that the next request will not be answered: one that is on its way is lost if
 * its connection is closed at once. In that time it arrives, and its answer says `connection:
 * close`. Longer than a round trip and the pause of a busy client between two calls.
 */
const lingerMs = 1_000;

/** How long calls have to tell their clients that the grace is over, in milliseconds. */
const lastWordsMs = 500;

/**
 * Returns a server that does not listen yet. Throws a StartupError if the certificate or its key is
 * broken.
 */
export function createServer(options: ServerOptions): RerankServer {
  const { reranker, health, log, limits, serving, observer, metrics } = options;
  const drainStart = new AbortController();
  const shutdown = new AbortController();
  // Every call in flight listens to both.
  setMaxListeners(0, drainStart.signal, shutdown.signal);
  const signals = { drainSignal: drainStart.signal, shutdownSignal: shutdown.signal };
  const handlers = createRpcHandlers({ reranker, health, log, limits, serving, ...signals });
  const routes = createRoutes({ reranker, health, limits, serving, metrics });
  const servers = createHttpServers({
    limits,
    log,
    observer,
    onRequest: createRequestHandler({
      log,
      limits,
      observer,
      isRpc: (path) => handlers.has(path),
      ...signals,
      isRequestStream: (path) => handlers.get(path)?.method.methodKind === "bidi_streaming",
      handle: createRpcHandler({
        handlers,
        log,
        maxRequestTimeoutMs: limits.maxRequestTimeoutMs,
        fallback: createHttpHandler({ routes, log, ...signals }),
      }),
    }),
  });
  const listener = openListener();
  let drained: Promise<{ readonly clean: boolean }> | undefined;

  function openListener(): Listener {
    try {
      return createListener({ servers, limits, tls: options.tls, observer });
    } catch (cause) {
      servers.destroy();
      const hint = "the certificate and its key must be PEM, and belong together";
      throw new StartupError("cannot use the TLS certificate", { hint, cause });
    }
  }

  function listen({ host, port }: Address): Promise<Address> {
    return new Promise((resolve, reject) => {
      const { server } = listener;
      const fail = (error: unknown): void => {
        servers.destroy();
        reject(listenErrorOf(error, host, port));
      };
      server.once("error", fail);
      const onListening = (): void => {
        server.off("error", fail);
        // A failed accept, for want of file descriptors say, is no reason to stop.
        server.on("error", (error) => {
          observer?.connectionFailed?.("accept");
          log.error({ err: error }, "a connection was not accepted");
        });
        const bound = server.address();
        const isPort = typeof bound === "object" && bound !== null;
        resolve(isPort ? { host: bound.address, port: bound.port } : { host, port });
      };
      try {
        server.listen({ host, port }, onListening);
      } catch (error) {
        fail(error);
      }
    });
  }

  async function drainOnce(graceMs: number): Promise<{ readonly clean: boolean }> {
    health.update({ status: "draining", reason: "the server is stopping" });
    listener.server.close();
    drainStart.abort();
    const clean = await closedWithin(graceMs, lingerMs);
    if (!clean) {
      shutdown.abort(
        new RerankError("unavailable", "the server stopped before the request was done"),
      );
      await closedWithin(lastWordsMs, 0);
    }
    destroy();
    return { clean };
  }

  /**
   * Waits until no connection is left, at most `timeoutMs`; closes those of HTTP/1.1 that are idle
   * only after `lingeringMs`. Returns whether none is left.
   */
  async function closedWithin(timeoutMs: number, lingeringMs: number): Promise<boolean> {
    const startMs = performance.now();
    for (let pastMs = 0; ; pastMs = performance.now() - startMs) {
      servers.closeIdleHttp2();
      if (pastMs >= Math.min(lingeringMs, timeoutMs)) {
        listener.dropUndecided();
        servers.closeIdleHttp1();
      }
      if (listener.sockets.size === 0 || pastMs >= timeoutMs) return listener.sockets.size === 0;
      await new Promise((resolve) => setTimeout(resolve, sweepMs));
    }
  }

  function destroy(): void {
    if (listener.server.listening) listener.server.close();
    if (!drainStart.signal.aborted) drainStart.abort();
    shutdown.abort(
      new RerankError("unavailable", "the server stopped before the request was done"),
    );
    servers.destroy();
    for (const socket of listener.sockets) socket.destroy();
  }

  return {
    listen,
    drain(graceMs) {
      drained ??= drainOnce(graceMs);
      return drained;
    },
    destroy,
  };
}
