import { type Clock, systemClock } from "../../clock.ts";
import { RerankError } from "../../errors.ts";
import { defaultRestartPolicy, type RestartPolicy, restartDelayMs } from "../../restart-policy.ts";
import type { EncodeTexts } from "../encode-documents.ts";
import type { LoadedTokenizer, TokenizerThreadData } from "./tokenizer-message.ts";
import { startTokenizerThread, type TokenizerThread } from "./tokenizer-thread.ts";

/** Whether texts can be encoded, and why not. */
export type TokenizerState =
  | { readonly status: "ok" }
  | {
      readonly status: "restarting";
      /** Why the last thread ended, or could not load. */
      readonly reason: Error;
      /** The wait before the next start, in milliseconds. */
      readonly retryMs: number;
    };

/** What to keep alive, and how. */
export interface ResilientThreadOptions {
  /** The module that the thread runs. */
  readonly entry: URL;
  readonly data: TokenizerThreadData;
  /** Called at every change after the first load. Must not throw. */
  readonly onState?: ((state: TokenizerState) => void) | undefined;
  readonly restart?: RestartPolicy | undefined;
  /** Default: the clock of the machine. */
  readonly clock?: Clock | undefined;
}

/** A loaded tokenizer whose thread is replaced when it dies. */
export interface ResilientThread {
  readonly loaded: LoadedTokenizer;
  /**
   * See TokenizerThread. Texts that come while a thread loads wait for it; between two starts they
   * are refused with `unavailable` and the time until the next.
   */
  readonly encodeTexts: EncodeTexts;
  /** Answers what is under way, then ends the thread; later texts are refused. */
  close(): Promise<void>;
}

/**
 * Starts a tokenizer thread and keeps one: the first that dies is replaced at once, further ones,
 * and those that cannot load, after the waits of the policy. Rejects with the StartupError of the
 * first start, which is not tried again.
 */
export async function startResilientThread(
  options: ResilientThreadOptions,
): Promise<ResilientThread> {
  const { entry, data, onState, clock = systemClock } = options;
  const policy = { ...defaultRestartPolicy, ...options.restart };
  let closed = false;
  let okSinceMs: number | undefined;
  let failures = 0;
  let nextStartMs = 0;
  let cancelRestart = (): void => {};

  let thread: TokenizerThread = startTokenizerThread(entry, data, handleEnd);
  const loaded = await thread.loaded;
  okSinceMs = clock.nowMs();

  function handleEnd(reason: Error): void {
    // The caller gets the error of the first start.
    const hasLoaded = okSinceMs !== undefined || failures > 0;
    if (closed || !hasLoaded) return;
    if (okSinceMs !== undefined && clock.nowMs() - okSinceMs >= policy.stableAfterMs) failures = 0;
    okSinceMs = undefined;
    const retryMs = failures === 0 ? 0 : restartDelayMs(failures - 1, policy);
    failures += 1;
    onState?.({ status: "restarting", reason, retryMs });
    nextStartMs = clock.nowMs() + retryMs;
    if (retryMs === 0) startAgain();
    else cancelRestart = clock.after(retryMs, startAgain);
  }

  function startAgain(): void {
    thread = startTokenizerThread(entry, data, handleEnd);
    const tellOk = (): void => {
      okSinceMs = clock.nowMs();
      onState?.({ status: "ok" });
    };
    // A thread that cannot load ends, which calls `onEnd`.
    thread.loaded.then(tellOk, () => {});
  }

  return {
    loaded,
    encodeTexts(texts, signal, extent) {
      if (closed || thread.isAlive()) return thread.encodeTexts(texts, signal, extent);
      const retryAfterMs = Math.max(0, nextStartMs - clock.nowMs());
      const message = "the tokenizer is being loaded again; try again";
      return Promise.reject(new RerankError("unavailable", message, { retryAfterMs }));
    },
    async close() {
      closed = true;
      cancelRestart();
      await thread.close();
    },
  };
}
