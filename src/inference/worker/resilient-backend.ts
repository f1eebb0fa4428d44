import { type Clock, systemClock } from "../../clock.ts";
import { RerankError, WorkerCrashError } from "../../errors.ts";
import { defaultRestartPolicy, type RestartPolicy, restartDelayMs } from "../../restart-policy.ts";
import type { Backend, EncodedBatch, Outage } from "../backend.ts";
import type { BackendInfo } from "../session/session-options.ts";
import { canaryBatch, runCanary } from "./canary.ts";
import { createDeferred } from "./deferred.ts";
import type { WorkerBackend, WorkerEvents } from "./worker-backend.ts";

/** Whether a backend answers: only while it is `ok`. */
export type BackendStatus = "starting" | "ok" | "restarting" | "closed";

/** Details of a backend besides its status. */
export interface BackendDetails {
  /**
   * What the model runs on; of the last worker while there is none. `undefined` before the first
   * start is done.
   */
  readonly info: BackendInfo | undefined;
  /**
   * Why the backend does not answer, for logs: the last crash or failed start. `undefined` while it
   * answers.
   */
  readonly reason: Error | undefined;
  /** The wait before the next start, in milliseconds. `undefined` unless one is waited for. */
  readonly retryMs: number | undefined;
  /** Crashes and failed starts up to the present one, since a worker last was stable. */
  readonly failures: number;
  /** How often a crashed worker was replaced. */
  readonly restarts: number;
  /**
   * How long the last outage took, from the crash to the canary's answer, in milliseconds.
   * `undefined` before the first one was over.
   */
  readonly recoveryMs: number | undefined;
  /** Why it is slower than it should be while it answers. `undefined` where it is not. */
  readonly degraded: string | undefined;
}

/** Called at every change of status or details. Must not throw. */
export type StatusListener = (status: BackendStatus, details: BackendDetails) => void;

/** What to keep alive, and how. */
export interface ResilientBackendOptions {
  /**
   * Starts a worker with the model loaded, for example `(events) => startWorkerBackend({
   * ...options, ...events })`.
   */
  readonly startWorker: (events: WorkerEvents) => Promise<WorkerBackend>;
  /** The id of padding, for the canary. */
  readonly padId: number;
  readonly restart?: RestartPolicy;
  /** Default: the clock of the machine. */
  readonly clock?: Clock;
}

/**
 * A backend that replaces its worker when it crashes.
 *
 * Every worker must compute a canary before it counts as `ok`. A crash fails the calls that the
 * worker held with WorkerCrashError, once `outage` describes the restart; calls while there is no
 * worker fail with `unavailable` and the time until there should be one. A batch that never ends
 * cannot be helped: a thread that computes cannot be ended without the process, so its call stays
 * open and `close` waits; only ending the process by a signal helps.
 */
export interface ResilientBackend extends Backend {
  readonly status: BackendStatus;
  readonly details: BackendDetails;
  /** Adds a listener. Returns a function that removes it. */
  onStatus(listener: StatusListener): () => void;
  /**
   * Loads the model for the first time; call it once. Rejects with the StartupError of the first
   * start, which is not tried again, or with RerankError `unavailable` if the backend is closed
   * meanwhile.
   */
  start(): Promise<BackendInfo>;
  /**
   * Loads the model for the first time beside a worker that answers already; call it instead of
   * `start`. There is an outage until then, for about `expectedMs`. A start that fails is tried again
   * as after a crash.
   */
  startBeside(expectedMs: number): void;
}

/** Returns a backend that is `starting` until `start` is called and done. */
export function createResilientBackend(options: ResilientBackendOptions): ResilientBackend {
  const { startWorker, padId, clock = systemClock } = options;
  const policy = { ...defaultRestartPolicy, ...options.restart };
  const listeners = new Set<StatusListener>();
  let status: BackendStatus = "starting";
  let details: BackendDetails = {
    info: undefined,
    reason: undefined,
    retryMs: undefined,
    failures: 0,
    restarts: 0,
    recoveryMs: undefined,
    degraded: undefined,
  };
  let worker: WorkerBackend | undefined;
  let starting: Promise<BackendInfo> | undefined;
  let closed = false;
  let closing: Promise<void> | undefined;
  let cancelRestart: () => void = () => {};
  let failures = 0;
  let okSinceMs = 0;
  let crashedMs = 0;
  /** How long the last start took, which the next one should take as well. */
  let startMs = 0;
  let readyMs = 0;
  let outage: (Outage & { end(): void }) | undefined;

  function setStatus(next: BackendStatus, changes: Partial<BackendDetails> = {}): void {
    status = next;
    details = { ...details, ...changes };
    for (const listener of [...listeners]) listener(status, details);
  }

  /** Resolves the promise of the present outage; a new one follows, or none. */
  function setOutage(next: "away" | "over"): void {
    outage?.end();
    const { promise: changed, resolve: end } = createDeferred<void>();
    const remaining = {
      get remainingMs() {
        return Math.max(0, readyMs - clock.nowMs());
      },
    };
    outage = next === "over" ? undefined : Object.assign(remaining, { changed, end });
  }

  async function bringUp(restarts: number): Promise<BackendInfo> {
    const startedMs = clock.nowMs();
    const candidate = await startWorker({ onNote: addNote, onDegraded: setDegraded });
    try {
      if (closed) throw closedError();
      await runCanary(candidate, canaryBatch(padId));
      if (closed) throw closedError();
    } catch (error) {
      await candidate.close();
      throw error;
    }
    worker = candidate;
    okSinceMs = clock.nowMs();
    startMs = okSinceMs - startedMs;
    const recoveryMs = restarts === 0 ? undefined : okSinceMs - crashedMs;
    setStatus("ok", {
      info: candidate.info,
      reason: undefined,
      retryMs: undefined,
      restarts,
      recoveryMs,
    });
    setOutage("over");
    void candidate.exited.then(handleExit);
    return candidate.info;
  }

  function addNote(note: string): void {
    const { info } = details;
    if (info !== undefined) setStatus(status, { info: { ...info, notes: [...info.notes, note] } });
  }

  function setDegraded(degraded: string | undefined): void {
    setStatus(status, { degraded });
  }

  function handleExit(crash: Error | undefined): void {
    worker = undefined;
    if (closed) return;
    crashedMs = clock.nowMs();
    if (crashedMs - okSinceMs >= policy.stableAfterMs) failures = 0;
    scheduleRestart(crash ?? new Error("the inference worker ended by itself"));
  }

  function scheduleRestart(reason: Error): void {
    const delayMs = restartDelayMs(failures, policy);
    failures += 1;
    readyMs = clock.nowMs() + delayMs + startMs;
    cancelRestart = clock.after(delayMs, () => void restart());
    setOutage("away");
    setStatus("restarting", { reason, retryMs: delayMs, failures, degraded: undefined });
  }

  async function restart(): Promise<void> {
    // A worker that never answered replaces none.
    starting = bringUp(details.info === undefined ? 0 : details.restarts + 1);
    await starting.catch((error: unknown) => {
      if (!closed) scheduleRestart(asError(error));
    });
  }

  function startBeside(expectedMs: number): void {
    if (closed) return;
    startMs = expectedMs;
    readyMs = clock.nowMs() + startMs;
    setOutage("away");
    void restart();
  }

  async function start(): Promise<BackendInfo> {
    if (closed) throw closedError();
    starting = bringUp(0);
    try {
      return await starting;
    } catch (error) {
      if (!closed) {
        closed = true;
        setStatus("closed", { reason: asError(error) });
      }
      throw error;
    }
  }

  async function score(batch: EncodedBatch): Promise<Float32Array> {
    const current = worker;
    if (status !== "ok" || current === undefined) {
      if (closed) throw closedError();
      const retryAfter = outage && { retryAfterMs: outage.remainingMs };
      throw new RerankError("unavailable", "the model is not loaded now; try again", retryAfter);
    }
    try {
      return await current.score(batch);
    } catch (error) {
      if (!(error instanceof WorkerCrashError)) throw error;
      // Its exit begins the outage, which is to be seen before the error is.
      await current.exited;
      throw closed ? closedError() : error;
    }
  }

  async function stop(): Promise<void> {
    const wasClosed = closed;
    closed = true;
    cancelRestart();
    if (!wasClosed) setStatus("closed");
    setOutage("over");
    await starting?.catch(() => {});
    await worker?.close();
  }

  return {
    get status() {
      return status;
    },
    get details() {
      return details;
    },
    get device() {
      return details.info?.device;
    },
    get outage() {
      return outage;
    },
    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start,
    startBeside,
    score,
    close() {
      closing ??= stop();
      return closing;
    },
  };
}

function closedError(): RerankError {
  return new RerankError("unavailable", "the server is shutting down");
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
