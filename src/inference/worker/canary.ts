import { StartupError } from "../../errors.ts";
import type { Backend, EncodedBatch } from "../backend.ts";

/**
 * The rows of the test batch, of different lengths, so that padding is computed as well. The ids
 * are in every vocabulary.
 */
const canaryRows = [[0, 1, 2, 3], [1]] as const;
const canaryTokens = 4;

/** Returns a batch of two short rows that any model can compute. `padId` fills the second one. */
export function canaryBatch(padId: number): EncodedBatch {
  const cells = canaryRows.length * canaryTokens;
  const inputIds = new Int32Array(cells).fill(padId);
  canaryRows.forEach((ids, row) => {
    inputIds.set(ids, row * canaryTokens);
  });
  return {
    rows: canaryRows.length,
    length: canaryTokens,
    inputIds,
    typeIds: new Uint8Array(cells),
    lengths: Int32Array.from(canaryRows, (ids) => ids.length),
  };
}

/** Computes one batch to see that the model answers. Rejects with a StartupError if it does not. */
export async function runCanary(backend: Backend, batch: EncodedBatch): Promise<void> {
  await backend.score(batch).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartupError(`the model is loaded but cannot compute: ${reason}`, {
      hint: "The model file may be damaged or made for another device; download it again, or try `--device cpu`.",
      cause,
    });
  });
}
