import { collectDefaultMetrics, Registry } from "prom-client";
import type { Reranker } from "../reranker/rerank-request.ts";
import type { BatchStats } from "../scheduler/observation.ts";
import { createInstruments, type Instruments } from "./instruments.ts";
import { createRankingMetrics } from "./ranking-metrics.ts";
import { createRequestMetrics, durationBuckets } from "./request-metrics.ts";
import type { MetricsText, ServerObserver } from "./server-observer.ts";
import { createStateMetrics, type ServerState } from "./state-metrics.ts";

/** The metrics of one server. */
export interface Metrics {
  /** Counts calls and connections. */
  readonly observer: ServerObserver;
  /** Returns what counts the runs of a model. */
  readonly batchesOf: (model: string) => (batch: BatchStats) => void;
  /** Returns the reranker of a model, with its rankings counted. */
  readonly meter: (reranker: Reranker, model: string) => Reranker;
  /** Returns all of them in Prometheus' text format. */
  readonly text: () => Promise<MetricsText>;
}

/** How often the delay of the event loop is sampled, in milliseconds. */
const eventLoopSampleMs = 20;

/**
 * Returns the metrics of a server, in a registry of their own. Those of the process, which watch
 * the event loop and the garbage collector, begin when they are first asked for: a server that no
 * collector scrapes does not pay for them.
 */
export function createMetrics(readState: () => ServerState): Metrics {
  const registry = new Registry();
  const make = createInstruments(registry);
  let watchesProcess = false;
  const metrics = {
    observer: createRequestMetrics(make),
    batchesOf: createBatchMetrics(make),
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

/** Upper bounds of pairs in one batch. */
const rowBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

/** Upper bounds of tokens in one batch: a CPU's stay below 1,024, a GPU's below 16,384. */
const tokenBuckets = [32, 64, 128, 256, 512, 768, 1024, 2048, 4096, 8192, 16_384, 32_768] as const;

/** Returns a function that returns what counts the runs of a model. */
export function createBatchMetrics(
  make: Instruments,
): (model: string) => (batch: BatchStats) => void {
  const batches = make.counter("rerankd_batches_total", "Runs of the model.", ["model", "outcome"]);
  const rows = make.histogram("rerankd_batch_rows", "Pairs of one run of the model.", rowBuckets, [
    "model",
  ]);
  const tokens = make.histogram(
    "rerankd_batch_tokens",
    "Tokens of one run of the model, padding not counted.",
    tokenBuckets,
    ["model"],
  );
  const durations = make.histogram(
    "rerankd_batch_duration_seconds",
    "Time of one run of the model.",
    durationBuckets,
    ["model"],
  );
  const padding = make.counter(
    "rerankd_padding_tokens_total",
    "Tokens that only filled rows of a batch; 0 for a model that quantizes activations, whose rows run one by one.",
    ["model"],
  );

  return (model) => {
    const ok = batches.labels({ model, outcome: "ok" });
    const failed = batches.labels({ model, outcome: "failed" });
    const own = {
      rows: rows.labels({ model }),
      tokens: tokens.labels({ model }),
      durations: durations.labels({ model }),
      padding: padding.labels({ model }),
    };
    return (batch) => {
      (batch.failed ? failed : ok).inc();
      own.rows.observe(batch.rows);
      own.tokens.observe(batch.tokens);
      own.durations.observe(batch.ranMs / 1000);
      own.padding.inc(batch.paddingTokens);
    };
  };
}
