import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { RerankError, StartupError, WorkerCrashError } from "../../errors.ts";
import type { Backend, EncodedBatch } from "../backend.ts";
import { checkBatch } from "../session/feeds.ts";
import type { BackendInfo, OpenSessionOptions } from "../session/session-options.ts";
import { createDeferred } from "./deferred.ts";
import type { WorkerRequest, WorkerResponse } from "./worker-protocol.ts";

/** Events of a worker besides its answers. */
export interface WorkerEvents {
  /** Called with notes for the operator that came up while batches ran. */
  readonly onNote?: ((note: string) => void) | undefined;
  /** Called with the reason when the model runs slower than it should, and with `undefined` once it no longer does. */
  readonly onDegraded?: ((reason: string | undefined) => void) | undefined;
}

/** Options of starting a worker. */
export interface WorkerBackendOptions extends OpenSessionOptions, WorkerEvents {
  /** The module that the thread runs. Default: the one that serves an ONNX session. */
  readonly workerUrl?: URL;
}

/** A model in a thread of its own. It cannot be started again once its thread has ended. */
export interface WorkerBackend extends Backend {
  readonly info: BackendInfo;
  /**
   * Resolves when the thread has ended: to `undefined` after `close`, else to why it crashed. Never
   * rejects.
   */
  readonly exited: Promise<Error | undefined>;
}

interface PendingCall {
  resolve(logits: Float32Array): void;
  reject(error: RerankError): void;
}

/** The extension is `.js` after the build and `.ts` where Node runs the source. */
const defaultWorkerUrl = new URL(`./worker-main${extname(import.meta.url)}`, import.meta.url);

/**
 * Starts a thread that loads the model; resolves when batches can be sent. Rejects with the
 * StartupError that says why the model cannot be loaded, once the thread has ended.
 *
 * The thread is never terminated: ending a thread, or the process, while the runtime computes
 * aborts the whole process. `close` waits for the batches that were sent, and a batch that never
 * ends makes it wait for ever.
 */
export async function startWorkerBackend(options: WorkerBackendOptions): Promise<WorkerBackend> {
  const { workerUrl = defaultWorkerUrl, onNote, onDegraded, ...workerData } = options;
  const pending = new Map<number, PendingCall>();
  const started = createDeferred<WorkerBackend>();
  const exited = createDeferred<Error | undefined>();
  let nextId = 0;
  let stopping = false;
  let ended = false;
  let crash: Error | undefined;
  let startError = new StartupError("the inference worker ended before the model was loaded");

  const worker = new Worker(workerUrl, { workerData, name: "inference" });
  worker.on("message", receive);
  worker.on("messageerror", (cause) => failAll(() => unavailable(cause)));
  worker.on("error", (cause: unknown) => {
    crash = cause instanceof Error ? cause : new Error(String(cause));
    startError = new StartupError("the inference worker crashed while it started", { cause });
  });
  worker.on("exit", (exitCode) => {
    ended = true;
    const cause = crash ?? new Error(`the inference worker exited with code ${exitCode}`);
    // Batches are answered in order, so only the oldest can have been under way.
    failAll((position) => new WorkerCrashError(position === 0, cause));
    started.reject(startError);
    exited.resolve(stopping && crash === undefined ? undefined : cause);
  });

  function receive(response: WorkerResponse): void {
    switch (response.type) {
      case "started":
        started.resolve({ info: response.info, exited: exited.promise, score, close });
        return;
      case "start_failed":
        startError = new StartupError(response.message, {
          ...(response.hint === undefined ? {} : { hint: response.hint }),
          cause: response.cause,
        });
        return;
      case "scored":
        takeCall(response.id)?.resolve(response.logits);
        return;
      case "failed":
        takeCall(response.id)?.reject(
          new RerankError(response.code, response.message, { cause: response.cause }),
        );
        return;
      case "noted":
        onNote?.(response.note);
        return;
      case "degraded":
        onDegraded?.(response.reason);
        return;
      default:
        response satisfies never;
    }
  }

  function takeCall(id: number): PendingCall | undefined {
    const call = pending.get(id);
    pending.delete(id);
    return call;
  }

  function failAll(errorOf: (position: number) => RerankError): void {
    const calls = [...pending.values()];
    pending.clear();
    for (const [position, call] of calls.entries()) call.reject(errorOf(position));
  }

  async function score(batch: EncodedBatch): Promise<Float32Array> {
    if (stopping || ended) throw unavailable(crash);
    // Also finds arrays that were transferred before: they have no cells any more.
    checkBatch(batch);
    const id = nextId;
    nextId += 1;
    const { inputIds, typeIds, lengths, prefixLengths } = batch;
    // A buffer that is listed twice cannot be transferred, and arrays may share one.
    const buffers = new Set([inputIds.buffer, typeIds.buffer, lengths.buffer]);
    if (prefixLengths !== undefined) buffers.add(prefixLengths.buffer);
    try {
      post({ type: "score", id, batch }, [...buffers]);
    } catch (cause) {
      const message = "the batch cannot be handed to the inference worker";
      throw new RerankError("internal", message, { cause });
    }
    return await new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  }

  async function close(): Promise<void> {
    if (!stopping && !ended) post({ type: "close" });
    stopping = true;
    await exited.promise;
  }

  function post(request: WorkerRequest, transfer: ArrayBuffer[] = []): void {
    worker.postMessage(request, transfer);
  }

  return await started.promise;
}

function unavailable(cause: unknown): RerankError {
  return new RerankError("unavailable", "the model is not available now; try again", { cause });
}
