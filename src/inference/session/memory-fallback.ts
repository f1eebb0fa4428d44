import { type Clock, systemClock } from "../../clock.ts";
import { RerankError } from "../../errors.ts";
import { loadOnce } from "../../load-once.ts";
import type { EncodedBatch } from "../backend.ts";

/** Computes one batch. */
export type RunBatch = (batch: EncodedBatch) => Promise<Float32Array<ArrayBuffer>>;

/** Options of createMemoryFallback. */
export interface MemoryFallbackOptions {
  readonly run: RunBatch;
  /**
   * Opens the model on a device with more memory: once, and again only where that failed. Absent if
   * there is none.
   */
  readonly openFallback?: (() => Promise<RunBatch>) | undefined;
  /**
   * Called with the fewest tokens of documents that now run on the fallback; with `undefined` once
   * the device takes all of them again.
   */
  readonly onFallback?: ((tokens: number | undefined) => void) | undefined;
  /** Default: the clock of the machine. */
  readonly clock?: Clock | undefined;
}

/**
 * How long a document that did not fit, and those of its length, are kept from the device, in
 * milliseconds: failing costs several runs each time, and what holds the memory may be gone by then.
 */
export const deviceRestMs = 60_000;

const outOfMemory =
  /out of memory|failed to allocate memory|available memory of|bad_alloc|bad allocation|ALLOC_FAILED|buffer allocation failed/i;

/**
 * Returns a function that computes a batch whatever its size: one that does not fit into memory is
 * halved until it does. A single row that does not fit runs on the fallback, and so do the rows of
 * its length and longer ones until the device has had a rest. Rejects with RerankError
 * `resource_exhausted` if no device has the memory for one row, or the fallback cannot be opened:
 * the scheduler then divides the batch until only that document fails (scheduler/failed-batches.ts).
 */
export function createMemoryFallback(options: MemoryFallbackOptions): RunBatch {
  const { run, openFallback, onFallback, clock = systemClock } = options;
  const fallback = openFallback && loadOnce(openFallback);
  /** Rows of this many tokens or more do not fit. */
  let limitTokens = Number.POSITIVE_INFINITY;
  let restedMs = 0;

  async function runOnDevice(batch: EncodedBatch): Promise<Float32Array<ArrayBuffer>> {
    const tooLong = batch.length >= limitTokens;
    if (tooLong && clock.nowMs() < restedMs) return await runOnFallback(batch);
    return await runHalving(batch, {
      run: async (part) => {
        const logits = await run(part);
        if (tooLong) setLimit(Number.POSITIVE_INFINITY);
        return logits;
      },
      rest: runOnDevice,
      onSingle: async (row, cause) => {
        if (fallback === undefined) throw tooLarge(row, cause);
        // Nothing runs on a fallback that cannot be opened, so `onFallback` is not called for it.
        await openFor(row);
        setLimit(Math.min(limitTokens, row.length));
        return await runOnFallback(row);
      },
    });
  }

  async function runOnFallback(batch: EncodedBatch): Promise<Float32Array<ArrayBuffer>> {
    return await runHalving(batch, {
      run: await openFor(batch),
      rest: runOnFallback,
      onSingle: (row, cause) => {
        throw tooLarge(row, cause);
      },
    });
  }

  async function openFor(batch: EncodedBatch): Promise<RunBatch> {
    try {
      return (await fallback?.get()) ?? run;
    } catch (cause) {
      throw tooLarge(batch, cause);
    }
  }

  function setLimit(tokens: number): void {
    restedMs = clock.nowMs() + deviceRestMs;
    if (tokens === limitTokens) return;
    limitTokens = tokens;
    onFallback?.(Number.isFinite(tokens) ? tokens : undefined);
  }

  return runOnDevice;
}

interface Halving {
  readonly run: RunBatch;
  /** Computes a half of a batch that did not fit. */
  readonly rest: RunBatch;
  /** Computes a row that does not fit alone. */
  readonly onSingle: (row: EncodedBatch, cause: unknown) => Promise<Float32Array<ArrayBuffer>>;
}

async function runHalving(
  batch: EncodedBatch,
  { run, rest, onSingle }: Halving,
): Promise<Float32Array<ArrayBuffer>> {
  try {
    return await run(batch);
  } catch (cause) {
    if (!isOutOfMemory(cause)) throw cause;
    if (batch.rows === 1) return await onSingle(batch, cause);
  }
  const half = Math.ceil(batch.rows / 2);
  const logits = new Float32Array(batch.rows);
  logits.set(await rest(rowsOf(batch, 0, half)));
  logits.set(await rest(rowsOf(batch, half, batch.rows)), half);
  return logits;
}

function tooLarge({ length }: EncodedBatch, cause: unknown): RerankError {
  const message = `a document of ${length} tokens does not fit into memory`;
  return new RerankError("resource_exhausted", message, { cause });
}

function isOutOfMemory(cause: unknown): boolean {
  return cause instanceof Error && outOfMemory.test(`${cause.message} ${messageOf(cause.cause)}`);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : "";
}

/** Returns some rows of a batch, padded no longer than the longest of them. */
function rowsOf(batch: EncodedBatch, start: number, end: number): EncodedBatch {
  const rows = end - start;
  const lengths = batch.lengths.slice(start, end);
  const length = lengths.reduce((longest, each) => Math.max(longest, each), 1);
  const inputIds = new Int32Array(rows * length);
  const typeIds = new Uint8Array(rows * length);
  for (let row = 0; row < rows; row += 1) {
    const first = (start + row) * batch.length;
    inputIds.set(batch.inputIds.subarray(first, first + length), row * length);
    typeIds.set(batch.typeIds.subarray(first, first + length), row * length);
  }
  const prefixLengths = batch.prefixLengths?.slice(start, end);
  return { rows, length, inputIds, typeIds, lengths, ...(prefixLengths && { prefixLengths }) };
}
