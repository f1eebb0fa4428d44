import type { EncodedBatch } from "../../src/inference/backend.ts";
import type { WorkerBackend } from "../../src/inference/worker/worker-backend.ts";

/** A worker without a thread, which a test crashes on command. */
export interface FakeWorkerBackend extends WorkerBackend {
  /** Ends it as a crash would. */
  crash(reason: Error): void;
  /** Batches that it was given, the canary included. */
  readonly batches: readonly EncodedBatch[];
  readonly closed: boolean;
}

/** Returns a worker that answers every row with 0, or fails every batch with `failure`. */
export function createFakeWorkerBackend(failure?: Error): FakeWorkerBackend {
  const batches: EncodedBatch[] = [];
  let closed = false;
  let end: (reason: Error | undefined) => void = () => {};
  const exited = new Promise<Error | undefined>((resolve) => {
    end = resolve;
  });
  return {
    info: {
      device: "cpu",
      dtype: "fp32",
      threads: 1,
      rowByRow: false,
      inputs: ["input_ids"],
      notes: [],
    },
    exited,
    batches,
    get closed() {
      return closed;
    },
    async score(batch) {
      batches.push(batch);
      if (failure !== undefined) throw failure;
      return new Float32Array(batch.rows);
    },
    async close() {
      closed = true;
      end(undefined);
    },
    crash: (reason) => end(reason),
  };
}
