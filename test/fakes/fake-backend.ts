import { RerankError, WorkerCrashError } from "../../src/errors.ts";
import type { Backend, EncodedBatch, Outage } from "../../src/inference/backend.ts";

/** One call of a fake backend, answered when the test says so. */
export interface FakeRun {
  readonly batch: EncodedBatch;
  /** Answers with `logitOf` each row's real token ids. */
  finish(): void;
  fail(error: Error): void;
}

/** A backend whose runs are steered by the test. */
export interface FakeBackend extends Backend {
  /** Runs that wait for an answer, oldest first. */
  readonly running: readonly FakeRun[];
  /** Every batch so far. */
  readonly batches: readonly EncodedBatch[];
  /** Fails every run as the crash of a worker does, the oldest as the one that was computed. */
  crash(remainingMs: number): void;
  /** Says that the new worker needs that long yet, or is there. */
  changeOutage(remainingMs: number | undefined): void;
}

/** The fake model: the sum of the ids. */
export function logitOf(inputIds: Iterable<number>): number {
  let sum = 0;
  for (const id of inputIds) sum += id;
  return sum;
}

/** Returns a backend that answers when told to, or at once with `automatic`. */
export function createFakeBackend(options: { automatic?: boolean } = {}): FakeBackend {
  const running: FakeRun[] = [];
  const batches: EncodedBatch[] = [];
  let closed = false;
  let outage: (Outage & { end(): void }) | undefined;

  function changeOutage(remainingMs: number | undefined): void {
    outage?.end();
    let end = (): void => {};
    const changed = new Promise<void>((resolve) => {
      end = resolve;
    });
    outage = remainingMs === undefined ? undefined : { remainingMs, changed, end };
  }

  function score(batch: EncodedBatch): Promise<Float32Array> {
    if (closed) return Promise.reject(new RerankError("unavailable", "closed"));
    batches.push(batch);
    return new Promise((resolve, reject) => {
      const leave = () => running.splice(running.indexOf(run), 1);
      const run: FakeRun = {
        batch,
        finish() {
          leave();
          resolve(scoreRows(batch));
        },
        fail(error) {
          leave();
          reject(error);
        },
      };
      running.push(run);
      if (options.automatic) setImmediate(run.finish);
    });
  }

  return {
    running,
    batches,
    changeOutage,
    crash(remainingMs) {
      changeOutage(remainingMs);
      const cause = new Error("the worker died");
      for (const [position, run] of [...running].entries()) {
        run.fail(new WorkerCrashError(position === 0, cause));
      }
    },
    get outage() {
      return outage;
    },
    score,
    async close() {
      closed = true;
    },
  };
}

function scoreRows({ rows, length, inputIds, lengths }: EncodedBatch): Float32Array {
  return Float32Array.from({ length: rows }, (_row, row) =>
    logitOf(inputIds.subarray(row * length, row * length + (lengths[row] ?? 0))),
  );
}
