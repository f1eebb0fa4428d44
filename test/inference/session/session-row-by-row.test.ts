import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { EncodedBatch } from "../../../src/inference/backend.ts";
import { runRowByRow } from "../../../src/inference/session/session.ts";

suite("runRowByRow()", () => {
  test("computes each row alone, without its padding, and keeps their order", async () => {
    const seen: EncodedBatch[] = [];
    const run = runRowByRow(async (batch) => {
      seen.push(batch);
      return Float32Array.of(batch.inputIds.reduce((sum, id) => sum + id, 0));
    });

    const logits = await run({
      rows: 2,
      length: 3,
      inputIds: Int32Array.of(1, 2, 3, 4, 5, 9),
      typeIds: Uint8Array.of(0, 0, 1, 0, 1, 0),
      lengths: Int32Array.of(3, 2),
    });

    assert.deepEqual([...logits], [6, 9]);
    assert.deepEqual(
      seen.map(({ rows, length, inputIds, typeIds, lengths }) => [
        rows,
        length,
        [...inputIds],
        [...typeIds],
        [...lengths],
      ]),
      [
        [1, 3, [1, 2, 3], [0, 0, 1], [3]],
        [1, 2, [4, 5], [0, 1], [2]],
      ],
    );
  });

  test("passes on the error of a row", async () => {
    const run = runRowByRow(() => Promise.reject(new Error("no")));

    await assert.rejects(
      run({
        rows: 1,
        length: 1,
        inputIds: Int32Array.of(1),
        typeIds: Uint8Array.of(0),
        lengths: Int32Array.of(1),
      }),
      /no/,
    );
  });
});
