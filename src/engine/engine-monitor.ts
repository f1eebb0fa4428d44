import type { BackendDetails, BackendStatus } from "../inference/worker/resilient-backend.ts";
import type { Logger } from "../telemetry/log.ts";
import type { TokenizerState } from "../tokenizer/thread/resilient-thread.ts";
import { conditionOf, type HealthState } from "./health-state.ts";

/** Observes the changes of an engine, from its first start on. Must not throw. */
export interface EngineObserver {
  onBackend(status: BackendStatus, details: BackendDetails): void;
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
  let backend: BackendStatus = "starting";
  let details: BackendDetails | undefined;
  let tokenizer: TokenizerState = { status: "ok" };

  function updateHealth(): void {
    const { degraded, info } = details ?? {};
    const condition = conditionOf({ opened, backend, degraded, tokenizer: tokenizer.status });
    health?.update({ ...condition, ...(opened && info && { device: info.device }) });
  }

  return {
    onBackend(status, next) {
      const previous = { status: backend, details };
      backend = status;
      details = next;
      logBackend(log, previous, { status, details: next });
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

interface BackendMoment<Details> {
  readonly status: BackendStatus;
  readonly details: Details;
}

function logBackend(
  log: Logger,
  previous: BackendMoment<BackendDetails | undefined>,
  { status, details }: BackendMoment<BackendDetails>,
): void {
  const { info, reason, retryMs, failures, restarts, recoveryMs, degraded } = details;
  const isFirstStart = previous.status === "starting";
  const notes = info?.notes.slice(previous.details?.info?.notes.length ?? 0) ?? [];
  for (const note of notes) log[isFirstStart ? "info" : "warn"]({}, note);
  if (status === "restarting") {
    const isAgain = previous.status === "restarting";
    if (isAgain && failures === previous.details?.failures) return;
    const fields = { err: reason, restarts, retry_ms: retryMs };
    const message = isAgain
      ? "the inference worker could not be started and is tried again"
      : "the inference worker ended and is being restarted";
    log.error(fields, message);
    return;
  }
  if (status !== "ok") return;
  if (previous.status === "restarting") {
    const recovery_ms = recoveryMs && Math.round(recoveryMs);
    log.info({ restarts, recovery_ms }, "the inference worker is back");
  }
  if (degraded === previous.details?.degraded) return;
  if (degraded !== undefined) log.warn({}, degraded);
  else log.info({}, "every document runs on the device again");
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
