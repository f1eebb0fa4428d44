import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RerankError } from "../../../src/errors.ts";
import { checkBatch, inputCells } from "../../../src/inference/session/feeds.ts";
import { batchOf } from "../../fakes/inference-fixtures.ts";

const batch = batchOf([[65_537, 250_001, 2 ** 31 - 1], [4]], [[0, 1, 1], [0]]);

suite("inputCells()", () => {
  test("writes ids beyond 16 bits whole into 64-bit cells", () => {
    assert.deepEqual(
      inputCells(batch, "input_ids", "int64"),
      BigInt64Array.of(65_537n, 250_001n, 2_147_483_647n, 4n, 9n, 9n),
    );
  });

  test("masks what is past a row's length", () => {
    assert.deepEqual(
      inputCells(batch, "attention_mask", "int64"),
      BigInt64Array.of(1n, 1n, 1n, 1n, 0n, 0n),
    );
  });

  test("writes segment ids", () => {
    assert.deepEqual(
      inputCells(batch, "token_type_ids", "int64"),
      BigInt64Array.of(0n, 1n, 1n, 0n, 0n, 0n),
    );
  });

  test("writes 32-bit cells for a graph that wants them", () => {
    assert.deepEqual(inputCells(batch, "attention_mask", "int32"), Int32Array.of(1, 1, 1, 1, 0, 0));
    assert.deepEqual(inputCells(batch, "input_ids", "int32"), batch.inputIds);
  });

  test("makes a negative id one that no vocabulary holds", () => {
    const [cell] = inputCells(batchOf([[-1]]), "input_ids", "int64");
    assert.equal(cell, 2n ** 32n - 1n);
  });
});

suite("checkBatch()", () => {
  test("accepts a batch whose arrays fit", () => {
    checkBatch(batch);
  });

  for (const [problem, changes] of Object.entries({
    "no rows": { rows: 0 },
    "too few ids": { inputIds: new Int32Array(5) },
    "too few segment ids": { typeIds: new Uint8Array(5) },
    "too many lengths": { lengths: Int32Array.of(1, 1, 1) },
    "a row longer than the batch": { lengths: Int32Array.of(3, 4) },
    "a negative length": { lengths: Int32Array.of(3, -1) },
  })) {
    test(`refuses a batch with ${problem}`, () => {
      assert.throws(
        () => checkBatch({ ...batch, ...changes }),
        (error) => {
          assert(error instanceof RerankError);
          assert.equal(error.code, "internal");
          assert.match(error.message, /is malformed/);
          return true;
        },
      );
    });
  }
});
