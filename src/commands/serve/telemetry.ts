import type { TelemetryConfig } from "../../config/telemetry-config.ts";
import type { Engine } from "../../engine/engine.ts";
import { isServing } from "../../engine/health-state.ts";
import { loadOnce } from "../../load-once.ts";
import type { Reranker } from "../../reranker/rerank-request.ts";
import type { BatchStats } from "../../scheduler/observation.ts";
import { createMetricsServer, type MetricsServer } from "../../server/listen/metrics-server.ts";
import type { ServedModels } from "../../server/models/served-models.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import {
  combineObservers,
  type MetricsText,
  type ServerObserver,
} from "../../telemetry/server-observer.ts";
import type { ServerState } from "../../telemetry/state-metrics.ts";
import type { Tracing } from "../../telemetry/tracing.ts";

/** The dependencies of a server's telemetry. */
export interface TelemetryContext {
  readonly config: TelemetryConfig & { readonly host: string };
  readonly models: ServedModels;
  readonly log: Logger;
}

/** Metrics and spans of one server, as far as they were asked for. */
export interface Telemetry {
  /** Observes the server. Does nothing until `load` is done. */
  readonly observer: ServerObserver | undefined;
  /** Returns what `GET /metrics` answers; undefined: not on the port of all protocols. */
  readonly metrics: (() => Promise<MetricsText>) | undefined;
  /** Returns what is called after each run of a model. It does nothing until `load` is done. */
  batchesOf(model: string): ((batch: BatchStats) => void) | undefined;
  /**
   * Loads the packages, and opens the port of the metrics if they have one of their own. Rejects
   * with a StartupError if that cannot be.
   */
  load(): Promise<void>;
  /** Tells what the loaded engine of a model does, and returns its reranker with a meter. */
  follow(model: string, engine: Engine): Reranker;
  /** Tells nothing more of an engine that is closed. */
  forget(model: string, engine: Engine): void;
  /** Sends the last spans, within about two seconds, and closes the port. Never rejects. */
  close(): Promise<void>;
}

/** The states of a server that runs, but not as it should. */
const degradedStatuses: ReadonlySet<string> = new Set(["restarting", "degraded"]);

/**
 * Returns the telemetry of a server. Its packages are loaded apart from everything else, while the
 * model loads, so that a server is not ready later for them.
 */
export function createTelemetry({ config, models, log }: TelemetryContext): Telemetry {
  const engines = new Map<string, Engine>();
  let metrics: Metrics | undefined;
  let tracing: Tracing | undefined;
  let port: MetricsServer | undefined;
  let observer: ServerObserver = {};
  const loadedMetrics = loadOnce(async (): Promise<Metrics> => {
    const { createMetrics } = await import("../../telemetry/metrics.ts");
    return createMetrics(readState);
  });

  function readState(): ServerState {
    const { report } = models.health;
    return {
      version: report.version,
      ready: isServing(report),
      degraded: degradedStatuses.has(report.status),
      models: models.all.map(({ names: [model], health }) => ({
        ...health.report,
        model,
        ready: isServing(health.report),
        engine: engines.get(model)?.snapshot(),
      })),
    };
  }

  async function metricsText(): Promise<MetricsText> {
    return await (await loadedMetrics.get()).text();
  }

  async function startTracing(tracesUrl: string): Promise<Tracing> {
    const module = await import("../../telemetry/tracing.ts");
    return module.startTracing({ tracesUrl, version: models.health.report.version, log });
  }

  async function openPort(metricsPort: number): Promise<void> {
    port = createMetricsServer({ metrics: metricsText, log });
    const address = await port.listen({ host: config.host, port: metricsPort });
    log.info({ metrics_host: address.host, metrics_port: address.port }, "serving metrics");
  }

  async function load(): Promise<void> {
    if (config.metrics) {
      if (config.metricsPort !== undefined) await openPort(config.metricsPort);
      metrics = await loadedMetrics.get();
    }
    if (config.tracesUrl !== undefined) tracing = await startTracing(config.tracesUrl);
    observer = combineObservers([metrics?.observer ?? [], tracing?.observer ?? []].flat());
  }

  const isOn = config.metrics || config.tracesUrl !== undefined;
  return {
    observer: isOn
      ? {
          callStarted: (call) => observer.callStarted?.(call),
          connectionOpened: (protocol) =>
            observer.connectionOpened?.(protocol) ?? (() => undefined),
          connectionFailed: (fault) => observer.connectionFailed?.(fault),
        }
      : undefined,
    metrics: config.metrics && config.metricsPort === undefined ? metricsText : undefined,
    batchesOf(model) {
      if (!config.metrics) return undefined;
      let observe: ((batch: BatchStats) => void) | undefined;
      return (batch) => {
        observe ??= metrics?.batchesOf(model);
        observe?.(batch);
      };
    },
    load,
    follow(model, engine) {
      engines.set(model, engine);
      return metrics ? metrics.meter(engine.reranker, model) : engine.reranker;
    },
    forget(model, engine) {
      if (engines.get(model) === engine) engines.delete(model);
    },
    async close() {
      await Promise.all([tracing?.close(), port?.close()]);
    },
  };
}
