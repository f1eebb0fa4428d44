import type { BatchStats } from "../scheduler/observation.ts";
import type { Instruments } from "./instruments.ts";
import { durationBuckets } from "./request-metrics.ts";

/** Upper bounds of pairs in one batch. */
const rowBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

/** Upper bounds of tokens in one batch: a CPU's stay below 1,024, a GPU's below 16,384. */
const tokenBuckets = [32, 64, 128, 256, 512, 768, 1024, 2048, 4096, 8192, 16_384, 32_768] as const;

/** Returns what counts runs of the model. */
export function createBatchMetrics(make: Instruments): (batch: BatchStats) => void {
  const batches = make.counter("rerankd_batches_total", "Runs of the model.", ["outcome"]);
  const rows = make.histogram("rerankd_batch_rows", "Pairs of one run of the model.", rowBuckets);
  const tokens = make.histogram(
    "rerankd_batch_tokens",
    "Tokens of one run of the model, padding not counted.",
    tokenBuckets,
  );
  const durations = make.histogram(
    "rerankd_batch_duration_seconds",
    "Time of one run of the model.",
    durationBuckets,
  );
  const padding = make.counter(
    "rerankd_padding_tokens_total",
    "Tokens that only filled rows of a batch; 0 for a model that quantizes activations, whose rows run one by one.",
  );
  const ok = batches.labels({ outcome: "ok" });
  const failed = batches.labels({ outcome: "failed" });

  return (batch) => {
    (batch.failed ? failed : ok).inc();
    rows.observe(batch.rows);
    tokens.observe(batch.tokens);
    durations.observe(batch.ranMs / 1000);
    padding.inc(batch.paddingTokens);
  };
}
