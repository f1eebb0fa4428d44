import { fileURLToPath } from "node:url";
import type { EncodedBatch } from "../../src/inference/backend.ts";
import { ortEnvironment } from "../../src/inference/ort-environment.ts";

// Every test that opens a session imports this module first.
Object.assign(process.env, ortEnvironment);

/** Returns the path of a graph that scripts/fixtures/make-inference-fixtures.py wrote. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../../test/fixtures/inference/${name}.onnx`, import.meta.url));
}

/**
 * Returns rows of ids as a batch. Padding is an id that would change every score if it were not
 * masked.
 */
export function batchOf(
  rows: readonly (readonly number[])[],
  typeIds: readonly (readonly number[])[] = [],
): EncodedBatch {
  const length = Math.max(...rows.map((ids) => ids.length));
  const batch = {
    rows: rows.length,
    length,
    inputIds: new Int32Array(rows.length * length).fill(9),
    typeIds: new Uint8Array(rows.length * length),
    lengths: Int32Array.from(rows, (ids) => ids.length),
  };
  rows.forEach((ids, row) => {
    batch.inputIds.set(ids, row * length);
  });
  typeIds.forEach((ids, row) => {
    batch.typeIds.set(ids, row * length);
  });
  return batch;
}

/**
 * Returns what the `sum` graphs answer: the sum of each row's ids, divided by 100, in single
 * precision.
 */
export function expectedSums(rows: readonly (readonly number[])[]): number[] {
  return rows.map((ids) => Math.fround(ids.reduce((sum, id) => sum + id, 0) / 100));
}
