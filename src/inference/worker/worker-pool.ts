import { type Clock, systemClock } from "../../clock.ts";
import type { BackendInfo } from "../session/session-options.ts";
import type { ResilientBackend } from "./resilient-backend.ts";

/** Workers of one model, each with a session of its own. One that crashes leaves the others alone. */
export interface WorkerPool {
  readonly workers: readonly ResilientBackend[];
  /** Loads the first worker; resolves when it answers. Rejects as `ResilientBackend.start` does. */
  start(): Promise<BackendInfo>;
  /**
   * Loads the others, once the first answers: what is ready is not later for them. One that cannot be
   * loaded is tried again.
   */
  startOthers(): void;
  /** Waits for the batches that run, then frees all models. */
  close(): Promise<void>;
}

/** Returns a pool of workers that are not started, of which there must be one at least. */
export function createWorkerPool(
  workers: readonly ResilientBackend[],
  clock: Clock = systemClock,
): WorkerPool {
  const [first, ...others] = workers;
  if (first === undefined) throw new RangeError("a pool has one worker at least");
  let loadMs = 0;

  return {
    workers,
    async start() {
      const startedMs = clock.nowMs();
      const info = await first.start();
      loadMs = clock.nowMs() - startedMs;
      return info;
    },
    startOthers() {
      for (const worker of others) worker.startBeside(loadMs);
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}
