import { getHeapStatistics } from "node:v8";
import { systemClock } from "../clock.ts";
import { RerankError, StartupError } from "../errors.ts";
import type { Outage } from "../inference/backend.ts";
import type { DeviceName } from "../inference/devices.ts";
import type { ProcessorShare } from "../inference/processor-turns.ts";
import type { BackendInfo, CausalModel } from "../inference/session/session-options.ts";
import { createResilientBackend } from "../inference/worker/resilient-backend.ts";
import { startWorkerBackend } from "../inference/worker/worker-backend.ts";
import { createWorkerPool, type WorkerPool } from "../inference/worker/worker-pool.ts";
import type { WorkerPlan } from "../inference/worker-plan.ts";
import { loadAnswerGraph } from "../models/causal-model.ts";
import type { ModelDirectory } from "../models/open-model.ts";
import type { Activations } from "../reranker/activation.ts";
import type { PairScorerOptions } from "../reranker/pair-scorer.ts";
import type { RequestLimits, Reranker } from "../reranker/rerank-request.ts";
import { createReranker } from "../reranker/reranker.ts";
import { createScoreCache, type ScoreCacheCounts } from "../reranker/score-cache.ts";
import type { AdmissionLimits } from "../scheduler/admission.ts";
import type { BatchStats, QueueSnapshot, WorkerLoad } from "../scheduler/observation.ts";
import { createScheduler } from "../scheduler/scheduler.ts";
import { createTokenizer, type HfTokenizer } from "../tokenizer/hf-tokenizer.ts";
import { batchPolicyFor } from "./batch-policy.ts";
import type { EngineObserver } from "./engine-monitor.ts";

/** Options of an engine: the model, its device and its limits. */
export interface EngineOptions {
  readonly model: ModelDirectory;
  readonly device: DeviceName;
  /** How many workers run the model, each with its own session, and their threads. */
  readonly plan: WorkerPlan;
  /** Whether these threads keep their core busy between operations. */
  readonly spinning: boolean;
  /** Longest pair in tokens. */
  readonly maxLength: number;
  readonly limits: RequestLimits;
  /** Names under which requests may ask for the model; the first is its own. */
  readonly servedModels: readonly [string, ...string[]];
  readonly admission: AdmissionLimits;
  /** What becomes of logits. Default: sigmoid. */
  readonly activations?: Activations | undefined;
  /** Memory for scores of pairs that were asked for before; 0: none are kept. */
  readonly cacheMb: number;
  /** undefined: by device. */
  readonly maxBatchTokens: number | undefined;
  /** Whether what comes while a crashed worker is replaced is refused. Default: it waits. */
  readonly refuseDuringOutage?: boolean | undefined;
  /** The model's part of the cores that it shares with other models. Default: it has them alone. */
  readonly share?: ProcessorShare | undefined;
  /** Called after each run of the model. Must not throw. */
  readonly onBatch?: ((batch: BatchStats) => void) | undefined;
  /** Observes changes, also while the engine loads. */
  readonly observer?: EngineObserver | undefined;
}

/** What an engine does now. */
export interface EngineSnapshot {
  readonly queue: QueueSnapshot;
  /** undefined: no scores are kept. */
  readonly cache: ScoreCacheCounts | undefined;
  /** In the order of the workers. */
  readonly workers: readonly WorkerLoad[];
  /** How often a crashed worker was replaced, all workers together. */
  readonly restarts: number;
}

/** A model that ranks: everything but the server. */
export interface Engine {
  readonly reranker: Reranker;
  readonly pool: WorkerPool;
  /** What the first worker runs on. */
  readonly info: BackendInfo;
  readonly plan: WorkerPlan;
  /** Returns what it does now. */
  snapshot(): EngineSnapshot;
  /**
   * Waits for the running batches and the texts under way, then frees the model and the tokenizer.
   */
  close(): Promise<void>;
}

/**
 * Loads the tokenizer and the model, each off the main thread; resolves once a worker has answered a
 * canary. Further workers load beside it. Rejects with a StartupError if that cannot be.
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { model, plan, maxLength, limits, servedModels, observer } = options;
  checkCacheSize(options.cacheMb);
  const cache = options.cacheMb > 0 ? createScoreCache(options.cacheMb) : undefined;
  const padId = model.config.padTokenId;
  const tokenizing = createTokenizer({
    path: model.tokenizerPath,
    padTokenId: padId,
    model: model.config.tokenizer,
    prompt: model.prompt,
    padTokenIdWins: model.config.isDecoder,
    words: model.causal?.answerWords,
    maxLength,
    onState: observer?.onTokenizer,
  });
  const pool = createPool(options, tokenizing);
  const loading = [tokenizing, pool.start()] as const;
  try {
    const [tokenizer, info] = await Promise.all(loading);
    observer?.onTokenizerNotes(tokenizer.notes);
    pool.startOthers();
    const scheduler = createScheduler({
      workers: pool.workers.map((worker) => options.share?.limit(worker, plan.threads) ?? worker),
      clock: systemClock,
      policy: batchPolicyFor(info, options.maxBatchTokens),
      padId: tokenizer.padId,
      limits: options.admission,
      onBatch: padded(options.onBatch, info.rowByRow),
    });
    const reranker = createReranker({
      tokenizer,
      scheduler: options.refuseDuringOutage ? refuseDuringOutage(scheduler) : scheduler,
      clock: systemClock,
      cache,
      limits,
      servedModels,
      activations: options.activations,
      maxLength,
      // One pair is read whatever the queue takes.
      maxWindowTokens: Math.max(options.admission.maxQueueTokens, maxLength),
    });
    const close = async (): Promise<void> => {
      await Promise.all([pool.close(), tokenizer.close()]);
    };
    const snapshot = () => ({
      queue: scheduler.snapshot(),
      cache: cache?.counts(),
      workers: scheduler.workers,
      restarts: pool.workers.reduce((sum, { details }) => sum + details.restarts, 0),
    });
    return { reranker, pool, info, plan, snapshot, close };
  } catch (error) {
    const [loaded] = await Promise.allSettled(loading);
    if (loaded.status === "fulfilled") await loaded.value.close();
    await pool.close();
    throw error;
  }
}

/** Returns what a causal model is asked, by the ids that its tokenizer has for the answers. */
async function causalModelOf(
  model: ModelDirectory,
  tokenizing: Promise<HfTokenizer>,
): Promise<CausalModel | undefined> {
  if (model.causal === undefined) return undefined;
  const { wordIds } = await tokenizing;
  return model.causal.answersLast
    ? { wordIds }
    : { wordIds, answers: loadAnswerGraph(model, wordIds) };
}

function createPool(options: EngineOptions, tokenizing: Promise<HfTokenizer>): WorkerPool {
  const { model, device, plan, spinning, observer } = options;
  observer?.onPlan(plan);
  const workers = Array.from({ length: plan.workers }, (_, worker) => {
    const backend = createResilientBackend({
      startWorker: async (events) =>
        startWorkerBackend({
          modelPath: model.onnxPath,
          device,
          dtype: model.dtype,
          rowByRow: model.rowByRow,
          positiveLabel: model.positiveLabel,
          firstPosition: model.config.firstPosition,
          causal: await causalModelOf(model, tokenizing),
          threads: plan.threads,
          spinning,
          ...events,
        }),
      padId: model.config.padTokenId ?? 0,
    });
    backend.onStatus((status, details) => observer?.onWorker(worker, status, details));
    return backend;
  });
  return createWorkerPool(workers);
}

/** Rows that are computed one by one are never padded, whatever their rectangle says. */
function padded(onBatch: EngineOptions["onBatch"], rowByRow: boolean): EngineOptions["onBatch"] {
  if (onBatch === undefined || !rowByRow) return onBatch;
  return (batch) => onBatch({ ...batch, paddingTokens: 0 });
}

/** Share of the heap that scores may take: the rest of the server needs some as well. */
const maxHeapShare = 0.75;

const bytesPerMegabyte = 1_000_000;

/**
 * Throws a StartupError if a cache of `megabytes` would not fit into the heap of JavaScript, whose
 * size is set apart from the machine's memory: the process would end once the cache is full.
 */
export function checkCacheSize(
  megabytes: number,
  heapBytes: number = getHeapStatistics().heap_size_limit,
): void {
  const maxMegabytes = Math.floor((heapBytes * maxHeapShare) / bytesPerMegabyte);
  if (megabytes <= maxMegabytes) return;
  const message = `--cache-mb must be at most ${maxMegabytes} with this size of heap, got: \`${megabytes}\``;
  throw new StartupError(message, {
    hint: "a larger heap, in MiB, is set with NODE_OPTIONS=--max-old-space-size=6144",
  });
}

/**
 * Returns a scheduler that refuses requests while no worker is left and a crashed one is being
 * replaced, with the time until it should be there: another server may answer sooner. Requests that
 * were admitted before are kept and wait for the new worker; those whose scores are all cached are
 * answered.
 */
export function refuseDuringOutage(
  scheduler: PairScorerOptions["scheduler"] & { readonly outage: Outage | undefined },
): PairScorerOptions["scheduler"] {
  return {
    checkCapacity(tokens, timeoutMs) {
      const { outage } = scheduler;
      if (outage !== undefined) {
        throw new RerankError("unavailable", "the model is being loaded again; try again", {
          retryAfterMs: outage.remainingMs,
        });
      }
      scheduler.checkCapacity(tokens, timeoutMs);
    },
    score: (encodings, call) => scheduler.score(encodings, call),
  };
}
