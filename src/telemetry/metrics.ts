import { collectDefaultMetrics, Registry } from "prom-client";
import type { Reranker } from "../reranker/rerank-request.ts";
import type { BatchStats } from "../scheduler/observation.ts";
import { createBatchMetrics } from "./batch-metrics.ts";
import { createInstruments } from "./instruments.ts";
import { createRankingMetrics } from "./ranking-metrics.ts";
import { createRequestMetrics } from "./request-metrics.ts";
import type { MetricsText, ServerObserver } from "./server-observer.ts";
import { createStateMetrics, type ServerState } from "./state-metrics.ts";

/** The metrics of one server. */
export interface Metrics {
  /** Counts calls and connections. */
  readonly observer: ServerObserver;
  /** Counts runs of the model. */
  readonly onBatch: (batch: BatchStats) => void;
  /** Returns a reranker that counts its rankings. */
  readonly meter: (reranker: Reranker) => Reranker;
  /** Returns all of them in Prometheus' text format. */
  readonly text: () => Promise<MetricsText>;
}

/** How often the delay of the event loop is sampled, in milliseconds. */
const eventLoopSampleMs = 20;

/**
 * Returns the metrics of a server, in a registry of their own. Those of the process, which watch the
 * event loop and the garbage collector, begin when they are first asked for: a server that nobody
 * scrapes does not pay for them.
 */
export function createMetrics(readState: () => ServerState): Metrics {
  const registry = new Registry();
  const make = createInstruments(registry);
  let watchesProcess = false;
  const metrics = {
    observer: createRequestMetrics(make),
    onBatch: createBatchMetrics(make),
    meter: createRankingMetrics(make),
  };
  createStateMetrics(make, readState);
  return {
    ...metrics,
    async text() {
      if (!watchesProcess) {
        watchesProcess = true;
        collectDefaultMetrics({
          register: registry,
          eventLoopMonitoringPrecision: eventLoopSampleMs,
        });
      }
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
