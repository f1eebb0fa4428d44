import type { BackendDetails, BackendStatus } from "../inference/worker/resilient-backend.ts";
import type { WorkerPlan } from "../inference/worker-plan.ts";
import type { Logger } from "../telemetry/log.ts";
import type { TokenizerState } from "../tokenizer/thread/resilient-thread.ts";
import { conditionOf, type HealthState } from "./health-state.ts";

/** Observes the changes of an engine, from its first start on. Must not throw. */
export interface EngineObserver {
  /** Called first, with what is about to be started. */
  onPlan(plan: WorkerPlan): void;
  /** A worker changed; they count from 0. */
  onWorker(worker: number, status: BackendStatus, details: BackendDetails): void;
  onTokenizer(state: TokenizerState): void;
  /** The tokenizer is loaded; the notes tell the operator about its files. */
  onTokenizerNotes(notes: readonly string[]): void;
}

/**
 * Writes one line for each change of an engine, with its cause, and keeps the health of a server in
 * step.
 */
export interface EngineMonitor extends EngineObserver {
  /** Requests reach the engine from now on. Until then the health is that of a model that loads. */
  opened(): void;
}

/** Returns a monitor of an engine that has not been started yet. */
export function createEngineMonitor({
  log,
  health,
}: {
  readonly log: Logger;
  readonly health?: HealthState | undefined;
}): EngineMonitor {
  let opened = false;
  let plan: WorkerPlan = { workers: 1, threads: 0 };
  const workers: WorkerMoment[] = [];
  let tokenizer: TokenizerState = { status: "ok" };

  function momentOf(worker: number): WorkerMoment {
    return workers[worker] ?? { status: "starting", details: undefined };
  }

  function updateHealth(): void {
    const moments = Array.from({ length: plan.workers }, (_, worker) => momentOf(worker));
    const degraded = moments.flatMap(({ details }) => details?.degraded ?? [])[0];
    const condition = conditionOf({
      opened,
      workers: moments.map(({ status }) => status),
      degraded,
      tokenizer: tokenizer.status,
    });
    const info = moments.flatMap(({ details }) => details?.info ?? [])[0];
    const known = info && { device: info.device, threads: info.threads, workers: plan.workers };
    health?.update({ ...condition, ...(opened && known) });
  }

  return {
    onPlan(next) {
      plan = next;
    },
    onWorker(worker, status, details) {
      const previous = momentOf(worker);
      workers[worker] = { status, details };
      const isSole = plan.workers === 1;
      logWorker(
        { log, isFirst: worker === 0, fields: isSole ? {} : { worker: worker + 1 } },
        previous,
        { status, details },
      );
      updateHealth();
    },
    onTokenizer(next) {
      const previous = tokenizer;
      tokenizer = next;
      logTokenizer(log, previous, next);
      updateHealth();
    },
    onTokenizerNotes(notes) {
      for (const note of notes) log.warn({}, note);
    },
    opened() {
      opened = true;
      updateHealth();
    },
  };
}

/** A worker at one time; without details before its first change. */
interface WorkerMoment {
  readonly status: BackendStatus;
  readonly details: BackendDetails | undefined;
}

/** Where the lines of one worker go. */
interface WorkerLog {
  readonly log: Logger;
  /** Whether it is the one that the others load beside. */
  readonly isFirst: boolean;
  /** What its lines have. */
  readonly fields: Readonly<Record<string, number>>;
}

function logWorker(
  { log, isFirst, fields }: WorkerLog,
  previous: WorkerMoment,
  { status, details }: WorkerMoment & { readonly details: BackendDetails },
): void {
  const { info, reason, retryMs, failures, restarts, recoveryMs, degraded } = details;
  const isFirstStart = previous.details?.info === undefined;
  const notes = info?.notes.slice(previous.details?.info?.notes.length ?? 0) ?? [];
  // The others are told at their start what the first was told.
  if (isFirst || !isFirstStart) {
    for (const note of notes) log[isFirstStart ? "info" : "warn"](fields, note);
  }
  if (status === "restarting") {
    if (previous.status === "restarting" && failures === previous.details?.failures) return;
    const message =
      previous.status === "ok"
        ? "the inference worker ended and is being restarted"
        : "the inference worker could not be started and is tried again";
    log.error({ ...fields, err: reason, restarts, retry_ms: retryMs }, message);
    return;
  }
  if (status !== "ok") return;
  if (isFirstStart && !isFirst) {
    log.info(fields, "one more inference worker serves");
  } else if (previous.status === "restarting") {
    const recovery_ms = recoveryMs && Math.round(recoveryMs);
    log.info({ ...fields, restarts, recovery_ms }, "the inference worker is back");
  }
  if (degraded === previous.details?.degraded) return;
  if (degraded !== undefined) log.warn(fields, degraded);
  else log.info(fields, "every document runs on the device again");
}

function logTokenizer(log: Logger, previous: TokenizerState, next: TokenizerState): void {
  if (next.status === "ok") {
    log.info({}, "the tokenizer is back");
    return;
  }
  const message =
    previous.status === "restarting"
      ? "the tokenizer could not be loaded and is tried again"
      : "the tokenizer ended and is being restarted";
  log.error({ err: next.reason, retry_ms: next.retryMs }, message);
}
