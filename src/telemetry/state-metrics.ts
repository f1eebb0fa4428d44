import type { WorkerLoad } from "../scheduler/observation.ts";
import type { Instruments } from "./instruments.ts";

/** The values that are read when metrics are scraped. */
export interface ServerState {
  /** Whether requests are answered. */
  readonly ready: boolean;
  /** Whether it runs, but not as it should. */
  readonly degraded: boolean;
  readonly version: string;
  readonly models: readonly ModelState[];
}

/** The part of it that each model has. */
export interface ModelState {
  /** The model's own name. */
  readonly model: string;
  /** Whether its requests are answered. */
  readonly ready: boolean;
  /** "" until the model is loaded. */
  readonly device: string;
  /** The weights' type. */
  readonly dtype: string;
  /** Longest pair in tokens. */
  readonly maxLength: number;
  /** undefined until the model is loaded. */
  readonly engine: EngineLoad | undefined;
}

/** What a loaded model has to do, and has done. */
export interface EngineLoad {
  readonly queue: { readonly pairs: number; readonly tokens: number; readonly oldestMs: number };
  /** undefined: no scores are kept. */
  readonly cache:
    | { readonly hits: number; readonly misses: number; readonly entries: number }
    | undefined;
  /** How often a crashed worker was replaced. */
  readonly restarts: number;
  /** What each worker does, in their order. */
  readonly workers: readonly WorkerLoad[];
}

/** Makes the metrics that are read when they are asked for, and cost nothing before. */
export function createStateMetrics(make: Instruments, read: () => ServerState): void {
  const { gaugeOf, gaugesOf, countersOf, info } = make;
  const labels = ["model"] as const;
  const perModel = (value: (model: ModelState) => number) => () =>
    read().models.map((model) => [{ model: model.model }, value(model)] as const);
  const perEngine = (value: (engine: EngineLoad) => number | undefined) =>
    perModel(({ engine }) => (engine && value(engine)) ?? 0);
  const perWorker = (value: (worker: EngineLoad["workers"][number]) => number | boolean) => () =>
    read().models.flatMap(({ model, engine }) =>
      (engine?.workers ?? []).map(
        (worker, index) => [{ model, worker: index + 1 }, Number(value(worker))] as const,
      ),
    );

  gaugeOf("rerankd_ready", "1 while requests are answered.", () => Number(read().ready));
  gaugeOf("rerankd_degraded", "1 while it runs, but not as it should.", () =>
    Number(read().degraded),
  );
  gaugesOf(
    "rerankd_model_ready",
    "1 while requests for the model are answered.",
    labels,
    perModel(({ ready }) => Number(ready)),
  );
  gaugesOf(
    "rerankd_queue_pairs",
    "Pairs that wait.",
    labels,
    perEngine(({ queue }) => queue.pairs),
  );
  gaugesOf(
    "rerankd_queue_tokens",
    "Tokens that wait.",
    labels,
    perEngine(({ queue }) => queue.tokens),
  );
  gaugesOf(
    "rerankd_queue_age_seconds",
    "How long the oldest waiting pair has waited.",
    labels,
    perEngine(({ queue }) => queue.oldestMs / 1000),
  );
  countersOf(
    "rerankd_cache_hits_total",
    "Pairs whose score was in the cache.",
    labels,
    perEngine(({ cache }) => cache?.hits),
  );
  countersOf(
    "rerankd_cache_misses_total",
    "Pairs whose score was not in the cache.",
    labels,
    perEngine(({ cache }) => cache?.misses),
  );
  gaugesOf(
    "rerankd_cache_entries",
    "Scores in the cache.",
    labels,
    perEngine(({ cache }) => cache?.entries),
  );
  countersOf(
    "rerankd_worker_restarts_total",
    "How often a crashed inference worker was replaced.",
    labels,
    perEngine(({ restarts }) => restarts),
  );
  gaugesOf(
    "rerankd_worker_up",
    "1 while the worker has the model loaded.",
    ["model", "worker"],
    perWorker(({ serving }) => serving),
  );
  gaugesOf(
    "rerankd_worker_tokens",
    "Tokens of the batches that the worker holds: one that runs and one that is ready.",
    ["model", "worker"],
    perWorker(({ heldTokens }) => heldTokens),
  );
  countersOf(
    "rerankd_worker_batches_total",
    "Runs of the model on the worker.",
    ["model", "worker"],
    perWorker(({ runs }) => runs),
  );
  countersOf(
    "rerankd_worker_busy_seconds_total",
    "Time in which the worker ran the model.",
    ["model", "worker"],
    perWorker(({ busyMs }) => busyMs / 1000),
  );
  info("rerankd_build_info", "The server's version.", ["version"], () => {
    return { version: read().version };
  });
  gaugesOf(
    "rerankd_model_info",
    "What is served, and on what.",
    ["model", "device", "dtype", "max_length"],
    () =>
      read().models.map(
        ({ model, device, dtype, maxLength }) =>
          [{ model, device, dtype, max_length: maxLength }, 1] as const,
      ),
  );
}
