import type { EncodedBatch } from "../inference/backend.ts";
import type { Encoding } from "../tokenizer/tokenizer.ts";

/** Copies encodings into one rectangle, each padded with `padId` to the longest of them. */
export function packBatch(encodings: readonly Encoding[], padId: number): EncodedBatch {
  const rows = encodings.length;
  const lengths = Int32Array.from(encodings, (encoding) => encoding.inputIds.length);
  const length = lengths.reduce((longest, each) => Math.max(longest, each), 0);
  const inputIds = new Int32Array(rows * length).fill(padId);
  const typeIds = new Uint8Array(rows * length);
  encodings.forEach((encoding, row) => {
    inputIds.set(encoding.inputIds, row * length);
    typeIds.set(encoding.typeIds, row * length);
  });
  return { rows, length, inputIds, typeIds, lengths };
}
