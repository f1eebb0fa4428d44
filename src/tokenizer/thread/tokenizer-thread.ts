import { Worker } from "node:worker_threads";

import { errorFromAbort, RerankError, StartupError } from "../../errors.ts";
import type { EncodeTexts } from "../encode-documents.ts";
import type {
  EncodeMessage,
  LoadedTokenizer,
  PackedIds,
  TokenizerMessage,
  TokenizerThreadData,
} from "./tokenizer-message.ts";

/**
 * A thread that holds a tokenizer. It does not keep the process alive while it has nothing to do.
 */
export interface TokenizerThread {
  /** Resolves when the tokenizer is loaded. Rejects with StartupError if it cannot be used. */
  readonly loaded: Promise<LoadedTokenizer>;
  /** Whether the thread still takes texts: it neither died nor was closed. */
  isAlive(): boolean;
  /**
   * Encodes texts. Rejects at once with the RerankError of `errorFromAbort` if the signal aborts,
   * with `internal` if the library fails at a text, and with `unavailable` if the thread ends
   * before it answers.
   */
  readonly encodeTexts: EncodeTexts;
  /** Answers what is under way, then ends the thread. */
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (packed: PackedIds) => void;
  readonly reject: (error: RerankError) => void;
}

/**
 * Starts a tokenizer thread. `entry` is the module that it runs. `onEnd` is called with why it ended, unless
 * it was closed, before those who wait for it do.
 */
export function startTokenizerThread(
  entry: URL,
  data: TokenizerThreadData,
  onEnd: (reason: Error) => void = () => {},
): TokenizerThread {
  const worker = new Worker(entry, { workerData: data });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let alive = true;
  let unusable: StartupError | undefined;
  let onIdle: () => void = () => {};

  const settle = (id: number, act: (waiting: Waiting) => void): void => {
    const found = waiting.get(id);
    if (found === undefined) return;
    waiting.delete(id);
    if (waiting.size === 0) {
      worker.unref();
      onIdle();
    }
    act(found);
  };
  const loaded = new Promise<LoadedTokenizer>((resolve, reject) => {
    worker.on("message", (message: TokenizerMessage) => {
      switch (message.kind) {
        case "ready":
          if (waiting.size === 0) worker.unref();
          return resolve(message.loaded);
        case "unusable": {
          const hint = message.hint === undefined ? {} : { hint: message.hint };
          unusable = new StartupError(message.message, hint);
          return reject(unusable);
        }
        case "encoded":
          return settle(message.id, (found) => found.resolve(message.packed));
        case "failed":
          return settle(message.id, (found) => found.reject(failure(message.cause)));
      }
    });
    const lose = (cause?: unknown): void => {
      const wasAlive = alive;
      alive = false;
      if (wasAlive) onEnd(unusable ?? endOf(cause));
      reject(new StartupError("the tokenizer thread ended while it loaded", { cause }));
      for (const id of waiting.keys()) settle(id, (found) => found.reject(gone(cause)));
    };
    worker.once("error", lose);
    worker.once("exit", () => lose());
  });
  // A caller that does not wait for it to load learns of its end from `onEnd`.
  loaded.catch(() => {});

  return {
    loaded,
    isAlive: () => alive,
    encodeTexts(texts, signal, extent = "start") {
      if (signal?.aborted) return Promise.reject(errorFromAbort(signal));
      if (!alive) return Promise.reject(gone());
      const id = ++lastId;
      return new Promise<PackedIds>((resolve, reject) => {
        const onAbort = (): void => {
          if (signal) settle(id, (found) => found.reject(errorFromAbort(signal)));
        };
        const forget = (): void => signal?.removeEventListener("abort", onAbort);
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.set(id, {
          resolve: (packed) => {
            forget();
            resolve(packed);
          },
          reject: (error) => {
            forget();
            reject(error);
          },
        });
        worker.ref();
        worker.postMessage({ id, texts, extent } satisfies EncodeMessage);
      });
    },
    async close() {
      alive = false;
      if (waiting.size > 0) {
        await new Promise<void>((resolve) => {
          onIdle = resolve;
        });
      }
      await worker.terminate();
    },
  };
}

function endOf(cause: unknown): Error {
  if (cause instanceof Error) return cause;
  return new Error(cause === undefined ? "the tokenizer thread ended by itself" : String(cause));
}

function failure(cause: unknown): RerankError {
  return new RerankError("internal", "a text could not be tokenized", { cause });
}

function gone(cause?: unknown): RerankError {
  return new RerankError("unavailable", "the tokenizer stopped before it answered", { cause });
}
