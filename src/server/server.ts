import { setMaxListeners } from "node:events";
import { RerankError, StartupError } from "../errors.ts";
import type { Logger } from "../telemetry/log.ts";
import type { ConnectionFault, MetricsText, ServerObserver } from "../telemetry/server-observer.ts";
import type { KeyRing } from "./access/api-keys.ts";
import { createCorsHandler } from "./access/cors.ts";
import { createCallAnswerer } from "./call/answer-call.ts";
import type { Exchange } from "./call/call.ts";
import { createRequestLog } from "./call/request-log.ts";
import { createCountLog } from "./count-log.ts";
import { createHttpTargets } from "./http/http-target.ts";
import type { Pages } from "./http/route.ts";
import { createRoutes } from "./http/routes.ts";
import type { ServerLimits } from "./limits.ts";
import { createHttpServers } from "./listen/http-servers.ts";
import { type Address, listenOn, type UnixSocket } from "./listen/listen-on.ts";
import { createListener, type Listener, type TlsOptions } from "./listen/listener.ts";
import { clearUnixSocket } from "./listen/unix-socket.ts";
import type { ModelAdmin } from "./models/model-admin.ts";
import type { ServedModels } from "./models/served-models.ts";
import { createRpcs, type ReflectionAccess } from "./rpc/rpc-router.ts";
import { createRpcTargets } from "./rpc/rpc-target.ts";
import type { RpcRouter } from "./rpc/wire/rpc-protocols.ts";

/** Serves every protocol on one port or Unix socket. */
export interface RerankServer {
  /** Begins to listen and returns where. Rejects with a StartupError if that cannot be. */
  listen<Where extends Address | UnixSocket>(where: Where): Promise<Where>;
  /**
   * Uses another certificate for new connections. Throws, and keeps the present one, if it is
   * broken.
   */
  setTls(tls: TlsOptions): void;
  /**
   * Stops without losing a call: health turns to `draining`, and what is in flight is answered
   * within `graceMs`. As long as that takes, and for a second at least, what comes is answered as
   * usual, except streams, so that probes and balancers see the end coming; then the port is closed and
   * clients are asked to leave. Calls that are left after `graceMs` end with UNAVAILABLE, and `clean`
   * is false. A second call joins the first.
   */
  drain(graceMs: number): Promise<{ readonly clean: boolean }>;
  /** Closes every connection at once. */
  destroy(): void;
}

/** The dependencies of a server. */
export interface ServerOptions {
  readonly models: ServedModels;
  readonly log: Logger;
  readonly limits: ServerLimits;
  /** Serves TLS alone. Default: cleartext. */
  readonly tls?: TlsOptions | undefined;
  /** Observes calls and connections. */
  readonly observer?: ServerObserver | undefined;
  /** Returns what `GET /metrics` answers. Default: there is no such route. */
  readonly metrics?: (() => Promise<MetricsText>) | undefined;
  /** Who may ask for it where there are API keys. Default: callers with one. */
  readonly metricsAccess?: "open" | "key" | undefined;
  /** The pages for people. Default: there are none. */
  readonly pages?: Pages | undefined;
  /**
   * Who may ask for the descriptions of the services, over gRPC reflection and at `/openapi.json`.
   * Default: everybody.
   */
  readonly reflectionAccess?: ReflectionAccess | undefined;
  /** The API keys. Default: everybody may call everything. */
  readonly apiKeys?: KeyRing | undefined;
  /** Changes the models at run time. Default: nobody can. */
  readonly admin?: ModelAdmin | undefined;
  /** Adds services to those of the server. Default: none. */
  readonly addServices?: ((router: RpcRouter) => void) | undefined;
  /** Origins whose scripts may call, `scheme://host[:port]` or `*`. Default: none. */
  readonly corsOrigins?: readonly string[] | undefined;
}

/** How often a draining server closes the connections that became idle, in milliseconds. */
const sweepMs = 50;

/**
 * How long a draining server keeps serving at least, and then, with its port closed, leaves
 * HTTP/1.1 connections open that are idle or new, in milliseconds. HTTP/1.1 cannot say that the
 * next request will not be answered: one that is on its way is lost if its connection is closed at
 * once. In that time it arrives, and its answer says `connection: close`. Longer than a round trip
 * and the pause of a busy client between two calls.
 */
const lingerMs = 1_000;

/**
 * The last part of the grace, in milliseconds, in which a draining server takes nothing new whatever
 * is still in flight, so that what came late is answered as well; half of the grace at most.
 */
const lastCallsMs = 5_000;

/** Why a draining server reads nothing more of a stream. */
const isStopping = new RerankError("unavailable", "the server is stopping");

/** How long calls have to send their clients the error at the end of the grace, in milliseconds. */
const lastWordsMs = 500;

/**
 * Returns a server that does not listen yet. Throws a StartupError if the certificate or its key is
 * broken.
 */
export function createServer(options: ServerOptions): RerankServer {
  const { models, log, limits, observer, metrics } = options;
  const { reflectionAccess = "open" } = options;
  const drainStart = new AbortController();
  const closing = new AbortController();
  const shutdown = new AbortController();
  // Every stream listens to the first, and every RPC to the second.
  setMaxListeners(0, drainStart.signal, shutdown.signal);
  const rpcs = createRpcs({
    models,
    log,
    limits,
    reflectionAccess,
    admin: options.admin,
    addServices: options.addServices,
    drainSignal: drainStart.signal,
    shutdownSignal: shutdown.signal,
  });
  const { metricsAccess, pages } = options;
  const routes = createRoutes({
    models,
    limits,
    metrics,
    metricsAccess,
    pages,
    descriptionAccess: reflectionAccess,
  });
  const requestLog = createRequestLog(log);
  const logRefusal = createCountLog(log, {
    field: "refused",
    message: "connections were refused",
  });
  const onRefused = (reason: ConnectionFault): void => {
    observer?.connectionFailed?.(reason);
    logRefusal(reason);
  };
  const http = createHttpTargets({ routes, log });
  const calls = createCallAnswerer({
    targets: [http.find, createRpcTargets({ rpcs, log, limits }), http.findAny],
    apiKeys: options.apiKeys,
    answerCors: createCorsHandler(options.corsOrigins ?? []),
    log,
    requestLog,
    limits,
    observer,
    closingSignal: closing.signal,
    shutdownSignal: shutdown.signal,
  });
  const servers = createHttpServers({
    limits,
    onFault: requestLog.malformed,
    observer,
    onFlood: onRefused,
    onRequest: calls.answer,
  });
  const listener = openListener();
  let drained: Promise<{ readonly clean: boolean }> | undefined;

  function openListener(): Listener {
    try {
      return createListener({ servers, limits, onRefused, tls: options.tls, observer });
    } catch (cause) {
      servers.destroy();
      const hint = "the certificate and its key must be PEM, and belong together";
      throw new StartupError("cannot use the TLS certificate", { hint, cause });
    }
  }

  async function listen<Where extends Address | UnixSocket>(where: Where): Promise<Where> {
    try {
      if ("path" in where) await clearUnixSocket(where.path);
      return await listenOn(listener.server, where, (error) => {
        observer?.connectionFailed?.("accept");
        log.error({ err: error }, "a connection was not accepted");
      });
    } catch (error) {
      servers.destroy();
      throw error;
    }
  }

  async function drainOnce(graceMs: number): Promise<{ readonly clean: boolean }> {
    const startMs = performance.now();
    models.drain();
    const earlier = [...calls.inFlight];
    drainStart.abort(isStopping);
    await serveDuring(earlier, graceMs);
    listener.server.close();
    closing.abort();
    const clean = await closedWithin(graceMs - (performance.now() - startMs), lingerMs);
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
   * Goes on serving, so that probes see the drain and balancers can act on it, while the calls of
   * before it are in flight, but not in the last part of the grace.
   */
  async function serveDuring(earlier: readonly Exchange[], graceMs: number): Promise<void> {
    const leastMs = graceMs < 2 * lingerMs ? 0 : lingerMs;
    const mostMs = graceMs - Math.min(lastCallsMs, graceMs / 2);
    const startMs = performance.now();
    for (let pastMs = 0; pastMs < mostMs; pastMs = performance.now() - startMs) {
      if (listener.sockets.size === 0) return;
      if (pastMs >= leastMs && !earlier.some((exchange) => calls.inFlight.has(exchange))) return;
      await new Promise((resolve) => setTimeout(resolve, sweepMs));
    }
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
    drainStart.abort(isStopping);
    closing.abort();
    shutdown.abort(
      new RerankError("unavailable", "the server stopped before the request was done"),
    );
    servers.destroy();
    for (const socket of listener.sockets) socket.destroy();
  }

  return {
    listen,
    setTls: (tls) => listener.setTls(tls),
    drain(graceMs) {
      drained ??= drainOnce(graceMs);
      return drained;
    },
    destroy,
  };
}
