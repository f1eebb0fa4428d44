import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RerankError } from "../../../src/errors.ts";
import {
  createMemoryFallback,
  deviceRestMs,
  type RunBatch,
} from "../../../src/inference/session/memory-fallback.ts";
import { batchOf, expectedSums } from "../../fakes/inference-fixtures.ts";
import { createManualClock } from "../../fakes/manual-clock.ts";

const rows = [[1], [2, 3], [4, 5, 6], [7], [8, 8]];

/**
 * Sums rows like the `sum` graph, on a device that holds `capacity` rows, and tells of every try.
 */
function createSmallDevice(capacity: number): { run: RunBatch; tries: number[] } {
  const tries: number[] = [];
  return {
    tries,
    run: async (batch) => {
      tries.push(batch.rows);
      if (batch.rows > capacity) {
        const cause = new Error("CUDA failure 2: out of memory ; GPU=0");
        throw new RerankError("internal", "the model could not compute this batch", { cause });
      }
      return Float32Array.from(batch.lengths, (tokens, row) => {
        const start = row * batch.length;
        return batch.inputIds.subarray(start, start + tokens).reduce((a, b) => a + b, 0) / 100;
      });
    },
  };
}

suite("createMemoryFallback()", () => {
  test("halves a batch until it fits and keeps the order of its rows", async () => {
    const { run, tries } = createSmallDevice(2);
    const logits = await createMemoryFallback({ run })(batchOf(rows));
    assert.deepEqual([...logits], expectedSums(rows));
    assert.deepEqual(tries, [5, 3, 2, 1, 2]);
  });

  test("runs single rows that do not fit on the fallback, opened once", async () => {
    let opened = 0;
    const run = createMemoryFallback({
      run: createSmallDevice(0).run,
      openFallback: async () => {
        opened += 1;
        return createSmallDevice(1).run;
      },
    });
    assert.deepEqual([...(await run(batchOf(rows)))], expectedSums(rows));
    assert.equal(opened, 1);
  });

  test("keeps documents of a length that did not fit from the device for a while", async () => {
    const clock = createManualClock();
    const heard: (number | undefined)[] = [];
    const device = createSmallDevice(9);
    let freeTokens = 2;
    const run = createMemoryFallback({
      run: (batch) => (batch.length > freeTokens ? createSmallDevice(0) : device).run(batch),
      openFallback: async () => createSmallDevice(1).run,
      onFallback: (tokens) => heard.push(tokens),
      clock,
    });

    assert.deepEqual([...(await run(batchOf(rows)))], expectedSums(rows));
    assert.deepEqual([...(await run(batchOf([[1, 2]])))], expectedSums([[1, 2]]));
    assert.deepEqual(heard, [3]);
    assert.deepEqual(device.tries, [2, 2, 1]);
    freeTokens = 3;
    await run(batchOf([[1, 2, 3]]));
    assert.deepEqual([heard, device.tries], [[3], [2, 2, 1]]);

    clock.advance(deviceRestMs);
    assert.deepEqual([...(await run(batchOf(rows)))], expectedSums(rows));
    assert.deepEqual(
      [heard, device.tries],
      [
        [3, undefined],
        [2, 2, 1, 5],
      ],
    );
  });

  test("says resource_exhausted when no device holds one row", async () => {
    for (const openFallback of [undefined, async () => createSmallDevice(0).run]) {
      const run = createMemoryFallback({ run: createSmallDevice(0).run, openFallback });
      await assert.rejects(run(batchOf([[1, 2, 3]])), {
        code: "resource_exhausted",
        message: "a document of 3 tokens does not fit into memory",
      });
    }
  });

  test("opens the fallback again after that failed, and says only then that it is in use", async () => {
    const heard: (number | undefined)[] = [];
    let opened = 0;
    const run = createMemoryFallback({
      run: createSmallDevice(0).run,
      openFallback: async () => {
        opened += 1;
        if (opened === 1) throw new Error("no memory for the model");
        return createSmallDevice(1).run;
      },
      onFallback: (tokens) => heard.push(tokens),
    });

    await assert.rejects(run(batchOf([[1, 2]])), { code: "resource_exhausted" });
    assert.deepEqual([opened, heard], [1, []]);

    assert.deepEqual([...(await run(batchOf([[1, 2]])))], expectedSums([[1, 2]]));
    await run(batchOf([[1, 2]]));
    assert.deepEqual([opened, heard], [2, [2]]);
  });

  test("does not pad the rows of a half to those of the other", async () => {
    const cells: number[] = [];
    const device = createSmallDevice(9);
    const run = createMemoryFallback({
      run: (batch) => {
        cells.push(batch.rows * batch.length);
        return (batch.rows * batch.length > 4 ? createSmallDevice(0) : device).run(batch);
      },
      openFallback: async () => device.run,
    });
    const mixed = [[1, 2, 3, 4, 5], [6], [7, 8], [9]];

    assert.deepEqual([...(await run(batchOf(mixed)))], expectedSums(mixed));
    assert.deepEqual(cells, [20, 10, 5, 1, 4]);
  });

  test("names the tokens of the row alone, whatever it was padded to", async () => {
    const run = createMemoryFallback({
      run: async (batch) => {
        if (batch.rows > 1 || batch.lengths[0] === 2) throw new Error("std::bad_alloc");
        return new Float32Array(1);
      },
    });

    await assert.rejects(run(batchOf([[1, 2, 3], [4, 5], [6]])), {
      code: "resource_exhausted",
      message: "a document of 2 tokens does not fit into memory",
    });
  });

  test("knows a failed allocation of JavaScript's for what it is", async () => {
    const run = createMemoryFallback({
      run: async () => {
        throw new RangeError("Array buffer allocation failed");
      },
    });

    await assert.rejects(run(batchOf([[1]])), { code: "resource_exhausted" });
  });

  test("passes other errors on without another try", async () => {
    let tries = 0;
    const failure = new RerankError("internal", "the model could not compute this batch");
    const run = createMemoryFallback({
      run: async () => {
        tries += 1;
        throw failure;
      },
    });
    await assert.rejects(run(batchOf(rows)), failure);
    assert.equal(tries, 1);
  });
});
