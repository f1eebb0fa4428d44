import type { HealthReport, HealthState } from "../server/health-state.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Engine } from "./engine.ts";

/**
 * Logs what happens to the inference worker, and keeps the health of a server in step with it where
 * there is one.
 */
export function followBackend(
  { backend, info, notes: tokenizerNotes }: Engine,
  { log, health }: { readonly log: Logger; readonly health?: HealthState },
): void {
  let previous = backend.status;
  let previousDegraded = backend.details.degraded;
  let notes = info.notes.length;
  for (const note of info.notes) log.info({}, note);
  for (const note of tokenizerNotes) log.warn({}, note);
  health?.update({ ...servingFields(backend.details.degraded), device: info.device });
  backend.onStatus((status, { info: current, reason, restarts, recoveryMs, degraded }) => {
    for (const note of current?.notes.slice(notes) ?? []) log.warn({}, note);
    notes = current?.notes.length ?? 0;
    const isDegradedChange = status === "ok" && degraded !== previousDegraded;
    if (isDegradedChange && degraded !== undefined) log.warn({}, degraded);
    else if (isDegradedChange) log.info({}, "every document runs on the device again");
    previousDegraded = degraded;
    if (status === previous && !isDegradedChange) return;
    if (status === "ok") {
      if (status !== previous) {
        const recovery_ms = recoveryMs && Math.round(recoveryMs);
        log.info({ restarts, recovery_ms }, "the inference worker is back");
      }
      health?.update({ ...servingFields(degraded), device: current?.device ?? info.device });
    } else if (status === "restarting") {
      log.error({ err: reason, restarts }, "the inference worker ended and is being restarted");
      health?.update({ status: "restarting", reason: "the inference worker is being restarted" });
    }
    previous = status;
  });
}

function servingFields(degraded: string | undefined): Pick<HealthReport, "status" | "reason"> {
  return degraded === undefined
    ? { status: "ok", reason: "" }
    : { status: "degraded", reason: degraded };
}
