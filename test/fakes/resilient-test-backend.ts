import assert from "node:assert/strict";
import {
  type BackendStatus,
  createResilientBackend,
  type ResilientBackend,
} from "../../src/inference/worker/resilient-backend.ts";
import type { WorkerBackend } from "../../src/inference/worker/worker-backend.ts";
import { createManualClock } from "./manual-clock.ts";

/** The waits of a test backend. */
export const restart = { firstDelayMs: 100, maxDelayMs: 400, stableAfterMs: 10_000 };
/** What a call is rejected with while there is no worker. */
export const unavailable = { name: "RerankError", code: "unavailable" };

/** A backend over the given starts, in order; the last one repeats. */
export function createTestBackend(...starts: (() => Promise<WorkerBackend>)[]) {
  const clock = createManualClock();
  const seen: BackendStatus[] = [];
  let started = 0;
  const backend = createResilientBackend({
    padId: 1,
    restart,
    clock,
    startWorker: () => {
      const start = starts[Math.min(started, starts.length - 1)];
      started += 1;
      assert(start !== undefined);
      return start();
    },
  });
  backend.onStatus((status) => seen.push(status));
  return { backend, clock, seen, startCount: () => started };
}

/** Resolves when the backend is in a status. */
export function reached(backend: ResilientBackend, wanted: BackendStatus): Promise<void> {
  if (backend.status === wanted) return Promise.resolve();
  return new Promise((resolve) => {
    const remove = backend.onStatus((status) => {
      if (status !== wanted) return;
      remove();
      resolve();
    });
  });
}
