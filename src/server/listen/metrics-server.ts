import * as http from "node:http";
import type { Logger } from "../../telemetry/log.ts";
import type { MetricsText } from "../../telemetry/server-observer.ts";
import { createCallAnswerer } from "../call/answer-call.ts";
import { createRequestLog } from "../call/request-log.ts";
import { metricsRoute } from "../http/dialects/metrics.ts";
import { createHttpTargets } from "../http/http-target.ts";
import { type Address, listenOn } from "./listen-on.ts";

/** A server for `GET /metrics` alone, on a port that clients need not reach. */
export interface MetricsServer {
  /** Begins to listen and returns where. Rejects with a StartupError if that cannot be. */
  listen(address: Address): Promise<Address>;
  /** Closes the port and its connections at once. */
  close(): Promise<void>;
}

/** The dependencies of the metrics server. */
export interface MetricsServerOptions {
  readonly metrics: () => Promise<MetricsText>;
  readonly log: Logger;
}

/** Longest time to receive a request, in milliseconds: it has no body. */
const requestTimeoutMs = 10_000;

/** Most connections: a few scrapers, and a person with curl. */
const maxConnections = 64;

/** Returns a server that does not listen yet. It speaks HTTP/1.1 without TLS. */
export function createMetricsServer({ metrics, log }: MetricsServerOptions): MetricsServer {
  const never = new AbortController().signal;
  const server = http.createServer({
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
  });
  server.maxConnections = maxConnections;
  const calls = createCallAnswerer({
    targets: [createHttpTargets({ routes: [metricsRoute(metrics)], log }).findAny],
    log,
    requestLog: createRequestLog(log),
    limits: { requestTimeoutMs, maxBodyBytes: 0 },
    closingSignal: never,
    shutdownSignal: never,
  });
  server.on("request", (request, response) => calls.answer(request, response));

  return {
    listen: (address) =>
      listenOn(server, address, (error) => {
        log.error({ err: error }, "a connection was not accepted");
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
