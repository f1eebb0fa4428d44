import type { HealthState } from "../server/health-state.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Engine } from "./engine.ts";

/**
 * Logs what happens to the inference worker, and keeps the health of a server in step with it where
 * there is one.
 */
export function followBackend(
  { backend, info }: Engine,
  { log, health }: { readonly log: Logger; readonly health?: HealthState },
): void {
  let previous = backend.status;
  let notes = info.notes.length;
  for (const note of info.notes) log.info({}, note);
  health?.update({ status: "ok", reason: "", device: info.device });
  backend.onStatus((status, { info: current, reason, restarts }) => {
    for (const note of current?.notes.slice(notes) ?? []) log.warn({}, note);
    notes = current?.notes.length ?? 0;
    if (status === previous) return;
    previous = status;
    if (status === "ok") {
      log.info({ restarts }, "the inference worker is back");
      health?.update({ status: "ok", reason: "", device: current?.device ?? info.device });
    } else if (status === "restarting") {
      log.error({ err: reason, restarts }, "the inference worker ended and is being restarted");
      health?.update({ status: "restarting", reason: "the inference worker is being restarted" });
    }
  });
}
