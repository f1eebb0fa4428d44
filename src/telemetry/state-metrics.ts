import type { WorkerLoad } from "../scheduler/observation.ts";
import type { Instruments } from "./instruments.ts";

/** The values that are read when metrics are scraped. */
export interface ServerState {
  /** Whether requests are answered. */
  readonly ready: boolean;
  /** Whether it runs, but not as it should. */
  readonly degraded: boolean;
  readonly version: string;
  readonly model: string;
  /** "" until the model is loaded. */
  readonly device: string;
  /** The weights' type. */
  readonly dtype: string;
  /** Longest pair in tokens. */
  readonly maxLength: number;
  /** undefined until the model is loaded. */
  readonly engine: EngineState | undefined;
}

/** The part of it that a loaded model has. */
export interface EngineState {
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
  const engine = () => read().engine;
  const { gaugeOf, counterOf, info } = make;
  gaugeOf("rerankd_ready", "1 while requests are answered.", () => Number(read().ready));
  gaugeOf("rerankd_degraded", "1 while it runs, but not as it should.", () =>
    Number(read().degraded),
  );
  gaugeOf("rerankd_queue_pairs", "Pairs that wait.", () => engine()?.queue.pairs);
  gaugeOf("rerankd_queue_tokens", "Tokens that wait.", () => engine()?.queue.tokens);
  gaugeOf("rerankd_queue_age_seconds", "How long the oldest waiting pair has waited.", () => {
    const { oldestMs = 0 } = engine()?.queue ?? {};
    return oldestMs / 1000;
  });
  counterOf(
    "rerankd_cache_hits_total",
    "Pairs whose score was in the cache.",
    () => engine()?.cache?.hits,
  );
  counterOf(
    "rerankd_cache_misses_total",
    "Pairs whose score was not in the cache.",
    () => engine()?.cache?.misses,
  );
  gaugeOf("rerankd_cache_entries", "Scores in the cache.", () => engine()?.cache?.entries);
  counterOf(
    "rerankd_worker_restarts_total",
    "How often a crashed inference worker was replaced.",
    () => engine()?.restarts,
  );
  const perWorker = <Value>(value: (worker: EngineState["workers"][number]) => Value) =>
    (engine()?.workers ?? []).map(
      (worker, index) => [{ worker: index + 1 }, Number(value(worker))] as const,
    );
  make.gaugesOf("rerankd_worker_up", "1 while the worker has the model loaded.", ["worker"], () =>
    perWorker(({ serving }) => serving),
  );
  make.gaugesOf(
    "rerankd_worker_tokens",
    "Tokens of the batches that the worker holds: one that runs and one that is ready.",
    ["worker"],
    () => perWorker(({ heldTokens }) => heldTokens),
  );
  make.countersOf(
    "rerankd_worker_batches_total",
    "Runs of the model on the worker.",
    ["worker"],
    () => perWorker(({ runs }) => runs),
  );
  make.countersOf(
    "rerankd_worker_busy_seconds_total",
    "Time in which the worker ran the model.",
    ["worker"],
    () => perWorker(({ busyMs }) => busyMs / 1000),
  );
  info("rerankd_build_info", "The server's version.", ["version"], () => {
    return { version: read().version };
  });
  info(
    "rerankd_model_info",
    "What is served, and on what.",
    ["model", "device", "dtype", "max_length"],
    () => {
      const { model, device, dtype, maxLength } = read();
      return { model, device, dtype, max_length: maxLength };
    },
  );
}
