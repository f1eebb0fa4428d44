import { RerankError } from "../errors.ts";
import type { EncodedBatch } from "./backend.ts";

/** Computes one batch. */
export type RunBatch = (batch: EncodedBatch) => Promise<Float32Array<ArrayBuffer>>;

/** What to do when a batch does not fit into memory. */
export interface MemoryFallbackOptions {
  readonly run: RunBatch;
  /** Opens the model on a device with more memory, at most once. Absent if there is none. */
  readonly openFallback?: (() => Promise<RunBatch>) | undefined;
}

const outOfMemory =
  /out of memory|failed to allocate memory|available memory of|bad_alloc|bad allocation|ALLOC_FAILED/i;

/**
 * Returns a function that computes a batch whatever its size: one that does not fit into memory is
 * halved until it does, and a single row that does not fit runs on the fallback. Rejects with
 * RerankError `resource_exhausted` if no device has the memory for one row.
 */
export function createMemoryFallback(options: MemoryFallbackOptions): RunBatch {
  const { run, openFallback } = options;
  let fallback: Promise<RunBatch> | undefined;

  async function runFitting(batch: EncodedBatch): Promise<Float32Array<ArrayBuffer>> {
    try {
      return await run(batch);
    } catch (cause) {
      if (!isOutOfMemory(cause)) throw cause;
      return batch.rows === 1 ? await runElsewhere(batch, cause) : await runHalves(batch);
    }
  }

  async function runHalves(batch: EncodedBatch): Promise<Float32Array<ArrayBuffer>> {
    const half = Math.ceil(batch.rows / 2);
    const logits = new Float32Array(batch.rows);
    logits.set(await runFitting(rowsOf(batch, 0, half)));
    logits.set(await runFitting(rowsOf(batch, half, batch.rows)), half);
    return logits;
  }

  async function runElsewhere(
    batch: EncodedBatch,
    cause: unknown,
  ): Promise<Float32Array<ArrayBuffer>> {
    try {
      if (openFallback === undefined) throw cause;
      fallback ??= openFallback();
      return await (await fallback)(batch);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      const message = `one document of ${batch.length} tokens does not fit into memory`;
      throw new RerankError("resource_exhausted", message, { cause: error });
    }
  }

  return runFitting;
}

function isOutOfMemory(cause: unknown): boolean {
  return cause instanceof Error && outOfMemory.test(`${cause.message} ${messageOf(cause.cause)}`);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : "";
}

function rowsOf(batch: EncodedBatch, start: number, end: number): EncodedBatch {
  const { length, inputIds, typeIds, lengths } = batch;
  return {
    rows: end - start,
    length,
    inputIds: inputIds.subarray(start * length, end * length),
    typeIds: typeIds.subarray(start * length, end * length),
    lengths: lengths.subarray(start, end),
  };
}
