import { setMaxListeners } from "node:events";
import type { EngineConfig } from "../config/engine-config.ts";
import { errorFromAbort, RerankError } from "../errors.ts";
import { linkSignals } from "../linked-signal.ts";
import type { RerankRequest, RerankResult } from "../reranker/rerank-request.ts";
import { createEngineMonitor } from "./engine-monitor.ts";
import { type PrepareContext, prepareModel, startEngine } from "./prepare-model.ts";

/** The time limit and abort signal of one call. */
export interface RerankOptions {
  /** Ends the call, which then rejects with `cancelled`, or `deadline_exceeded` for a time-out. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call rejects with `deadline_exceeded`. Default: no limit. */
  readonly timeoutMs?: number | undefined;
}

/** Facts about a loaded model. */
export interface RerankerInfo {
  /** Its hub id, or the name of its folder. */
  readonly model: string;
  /** What it runs on: `cpu`, `cuda` or `webgpu`. */
  readonly device: string;
  /** The weights' type, for example `int8`. */
  readonly dtype: string;
  /** Longest pair in tokens. */
  readonly maxLength: number;
  /** Workers that run the model side by side; those beyond the first load after the start. */
  readonly workers: number;
  /** Threads of each worker on a CPU. */
  readonly threads: number;
}

/**
 * A model that runs in this process, in threads of its own. They keep the process alive until
 * `close`.
 */
export interface LoadedReranker {
  readonly info: RerankerInfo;
  /**
   * Orders documents by relevance. Rejects with a RerankError whose message names the field at
   * fault; after `close`, and where `close` came before the answer, with `unavailable`.
   */
  rerank(request: RerankRequest, options?: RerankOptions): Promise<RerankResult>;
  /**
   * Ends the calls under way, frees the model and its threads, and lets the process exit. Resolves
   * once the batch that runs has ended. A second call joins the first.
   */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The longest delay that a timer of Node can count, in milliseconds; a longer one fires at once. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Loads a model into this process; resolves once it has answered a canary. Rejects with a
 * StartupError that says what to do, or with the error of `errorFromAbort` if the signal aborts.
 */
export async function startReranker(
  config: EngineConfig,
  context: PrepareContext,
): Promise<LoadedReranker> {
  const { log, signal } = context;
  const prepared = await prepareModel(config, context).catch((error: unknown) => {
    throw signal.aborted ? errorFromAbort(signal) : error;
  });
  if (signal.aborted) throw errorFromAbort(signal);
  const engine = await startEngine(config, prepared, { observer: createEngineMonitor({ log }) });
  if (signal.aborted) {
    await engine.close();
    throw errorFromAbort(signal);
  }
  const closing = new AbortController();
  // Every call under way listens to it.
  setMaxListeners(0, closing.signal);
  let closed: Promise<void> | undefined;

  function close(): Promise<void> {
    closing.abort(new RerankError("unavailable", "the reranker is closed"));
    closed ??= engine.close();
    return closed;
  }

  return {
    info: Object.freeze({
      model: prepared.model.name,
      device: engine.info.device,
      dtype: prepared.model.dtype,
      maxLength: prepared.maxLength,
      workers: engine.plan.workers,
      threads: engine.info.threads,
    }),
    async rerank(request, given) {
      const options = given ?? {};
      checkTypes(request);
      checkTimeout(options.timeoutMs);
      checkSignal(options.signal);
      const timeoutMs = options.timeoutMs && Math.min(options.timeoutMs, maxTimerMs);
      const link = linkSignals({
        signals: options.signal ? [closing.signal, options.signal] : [closing.signal],
        toReason: errorFromAbort,
        timeoutMs,
        timeoutReason: () =>
          new RerankError("deadline_exceeded", "the deadline passed before the request was done"),
      });
      try {
        return await engine.reranker.rerank(request, { signal: link.signal, timeoutMs });
      } finally {
        link.unlink();
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Checks what the types promise, for callers that have none; the rest is the reranker's to check.
 * Throws RerankError `invalid_argument`.
 */
function checkTypes(request: RerankRequest): void {
  const fields: { readonly [Field in keyof RerankRequest]?: unknown } = request ?? {};
  const { query, documents, model, instruction } = fields;
  if (typeof query !== "string") throw wrongType("query", "a string", query);
  if (!Array.isArray(documents)) throw wrongType("documents", "a list of strings", documents);
  for (const [at, document] of documents.entries()) {
    if (typeof document !== "string") throw wrongType(`documents[${at}]`, "a string", document);
  }
  for (const [field, value] of Object.entries({ model: model ?? undefined, instruction })) {
    if (value === undefined || typeof value === "string") continue;
    throw wrongType(field, "a string", value);
  }
  for (const [field, property] of switches) {
    const value = fields[property];
    if (value === undefined || typeof value === "boolean") continue;
    throw wrongType(field, "a boolean", value);
  }
}

/** The fields that are true or false, by their names in messages. */
const switches = [
  ["raw_scores", "rawScores"],
  ["truncate", "truncate"],
] as const;

/** Throws RerankError `invalid_argument` if what is to abort a call cannot. */
function checkSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw wrongType("signal", "an AbortSignal", signal);
}

/** Throws RerankError `invalid_argument` if a time-out is no number of milliseconds. */
function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined || (typeof timeoutMs === "number" && timeoutMs > 0)) return;
  const message = `\`timeoutMs\` must be a number above 0, got: \`${timeoutMs}\``;
  throw new RerankError("invalid_argument", message, { field: "timeoutMs" });
}

function wrongType(field: string, expected: string, value: unknown): RerankError {
  const kind = typeof value === "object" ? "an object" : `a ${typeof value}`;
  const got = value === null ? "null" : Array.isArray(value) ? "a list" : kind;
  const message = `\`${field}\` must be ${expected}, got: ${value === undefined ? "nothing" : got}`;
  return new RerankError("invalid_argument", message, { field });
}
