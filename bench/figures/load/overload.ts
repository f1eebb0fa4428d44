import type { RunningContender } from "../../contenders/contender.ts";
import { startRerankd } from "../../contenders/rerankd.ts";
import type { RerankCase } from "../../corpus/corpus.ts";
import { poissonArrivalsMs } from "../../load/arrivals.ts";
import { type LoadResult, runClosedLoop } from "../../load/closed-loop.ts";
import { HttpStatusError } from "../../load/http-client.ts";
import { type Outcome, type OutcomeKind, runOpenLoop } from "../../load/open-loop.ts";
import { createRandom } from "../../random.ts";
import type { FigureResult } from "../../report/results.ts";
import { quantile, round3 } from "../../statistics.ts";
import {
  type BenchContext,
  contenderContext,
  type FigureGroup,
  loadClients,
  loadCorpus,
  usualDocuments,
  withRunning,
} from "../figure.ts";

/** Arrivals over capacity. */
const overloadFactor = 4;
/**
 * Deadline of each request, as a multiple of the p95 at capacity: what accepted requests must keep.
 */
const deadlineFactor = 2;
/**
 * Longest predicted wait that the server accepts for callers without a deadline, as a share of the
 * p95 at capacity: a request's own time, and smaller ones that are served before it, come on top.
 */
const queueFactor = 0.5;
/** After this a request counts as hung, in ms. */
const hangMs = 30_000;
/** How long after the overload full speed must be back, in ms. */
const recoveryMs = 1000;
const tooManyRequests = 429;

/** What bounds the wait of a request. */
type Bound = "deadline" | "max-queue-ms";

/**
 * What happens when four times as much comes as can be served: once with callers that set a
 * deadline, once with callers that set none and a server that was told how long they may wait.
 */
export const overload: FigureGroup = {
  figures: ["overload"],
  quick: false,
  async run(context) {
    const { model } = context;
    const given = { ...contenderContext(context, model), dtype: model.autoDtype };
    const requests = loadCorpus(context);
    const capacity = await withRunning(
      () => startRerankd(given),
      async (server) => {
        const measured = await measureSpeed(context, server, requests);
        await measureOverload(context, { server, requests, capacity: measured, bound: "deadline" });
        return measured;
      },
    );
    const maxQueueMs = Math.ceil(queueFactor * p95Of(capacity));
    await withRunning(
      () => startRerankd({ ...given, flags: [`--max-queue-ms=${maxQueueMs}`] }),
      async (server) => {
        const again = await measureSpeed(context, server, requests);
        await measureOverload(context, {
          server,
          requests,
          capacity: again,
          bound: "max-queue-ms",
        });
      },
    );
  },
};

/** Whether an error is the server's word that it is too busy. */
export function isRefusal(error: unknown): boolean {
  return error instanceof HttpStatusError && error.status === tooManyRequests;
}

async function measureSpeed(
  { settings }: BenchContext,
  { rerank }: RunningContender,
  requests: readonly RerankCase[],
): Promise<LoadResult> {
  const closed = { rerank, requests, clients: loadClients };
  await runClosedLoop({ ...closed, durationMs: recoveryMs });
  return runClosedLoop({ ...closed, durationMs: settings.pointMs });
}

async function measureOverload(
  context: BenchContext,
  options: {
    readonly server: RunningContender;
    readonly requests: readonly RerankCase[];
    readonly capacity: LoadResult;
    readonly bound: Bound;
  },
): Promise<void> {
  const { server, requests, capacity, bound } = options;
  const { settings, model, log } = context;
  const perSecond = (overloadFactor * capacity.documentsPerSecond) / usualDocuments;
  const seconds = settings.overloadMs / 1000;
  log(`overload (${bound}): ${perSecond.toFixed(1)} requests/s for ${seconds} s`);
  const random = createRandom(settings.seed);
  const outcomes = await runOpenLoop({
    rerank: server.rerank,
    requests,
    arrivalsMs: poissonArrivalsMs({ perSecond, durationMs: settings.overloadMs, random }),
    deadlineMs: bound === "deadline" ? Math.ceil(deadlineFactor * p95Of(capacity)) : "none",
    hangMs,
    isRefusal,
  });
  // Starts with the second that the server has to recover.
  const after = await measureSpeed(context, server, requests);
  const failed = outcomes.find(({ kind }) => kind === "failed");
  if (failed) log(`overload: a request failed: ${failed.message}`);
  context.record({
    figure: "overload",
    model: model.name,
    dtype: model.autoDtype,
    load: bound,
    arrivals_per_second: round3(perSecond),
    seconds,
    capacity_p95_ms: round3(p95Of(capacity)),
    ...summarize(outcomes, { capacity, seconds }),
    recovered_ratio: round3(after.documentsPerSecond / capacity.documentsPerSecond),
  });
}

function summarize(
  outcomes: readonly Outcome[],
  { capacity, seconds }: { readonly capacity: LoadResult; readonly seconds: number },
): Omit<FigureResult, "figure" | "model"> {
  const latenciesOf = (kind: OutcomeKind) =>
    outcomes.filter((outcome) => outcome.kind === kind).map(({ latencyMs }) => latencyMs);
  const accepted = latenciesOf("answered");
  const refused = latenciesOf("refused");
  const at = (samples: readonly number[], share: number) =>
    samples.length === 0 ? null : round3(quantile(samples, share));
  const p95Ms = at(accepted, 0.95);
  return {
    ratio: p95Ms === null ? null : round3(p95Ms / p95Of(capacity)),
    accepted: accepted.length,
    refused: refused.length,
    failed: latenciesOf("failed").length,
    hung: latenciesOf("hung").length,
    accepted_p95_ms: p95Ms,
    refused_p95_ms: at(refused, 0.95),
    refused_max_ms: at(refused, 1),
    accepted_documents_per_second: round3((accepted.length * usualDocuments) / seconds),
  };
}

function p95Of({ latenciesMs }: LoadResult): number {
  return quantile(latenciesMs, 0.95);
}
