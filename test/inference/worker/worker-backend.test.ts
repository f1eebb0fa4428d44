import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { RerankError, StartupError } from "../../../src/errors.ts";
import { startWorkerBackend } from "../../../src/inference/worker/worker-backend.ts";
import { crashCommands } from "../../fakes/crashing-worker.ts";
import { batchOf, expectedSums, fixturePath } from "../../fakes/inference-fixtures.ts";

const sum = { modelPath: fixturePath("sum"), device: "cpu", threads: 1 } as const;
const slow = { ...sum, modelPath: fixturePath("slow") };
const crashing = {
  ...sum,
  workerUrl: new URL("../../fakes/crashing-worker.js", import.meta.url),
};
/** As the first id of `slow`: hundreds of milliseconds of work on most machines. */
const slowProducts = 60;

const unavailable = { name: "RerankError", code: "unavailable" };

suite("startWorkerBackend()", () => {
  test("scores in a thread and says what it runs on", async () => {
    const backend = await startWorkerBackend({ ...sum, dtype: "fp32" });
    assert.deepEqual(backend.info, {
      device: "cpu",
      dtype: "fp32",
      threads: 1,
      inputs: ["input_ids", "attention_mask"],
      rowByRow: false,
      notes: [],
    });
    const rows = [[1, 2, 3], [250_001], [65_536, 65_537]];
    assert.deepEqual([...(await backend.score(batchOf(rows)))], expectedSums(rows));
    await backend.close();
  });

  test("rejects with the StartupError of the thread", async () => {
    const start = startWorkerBackend({ ...sum, modelPath: "/nowhere/none.onnx" });
    await assert.rejects(start, (error) => {
      assert(error instanceof StartupError);
      assert.equal(error.message, "the model file `none.onnx` does not exist");
      assert.match(error.hint ?? "", /download/);
      return true;
    });
  });

  test("rejects when the thread cannot be started", async () => {
    const workerUrl = new URL("./no-such-worker.js", import.meta.url);
    await assert.rejects(startWorkerBackend({ ...sum, workerUrl }), {
      name: "StartupError",
      message: "the inference worker crashed while it started",
    });
  });

  test("answers 200 batches in the order in which they came", async () => {
    const backend = await startWorkerBackend(sum);
    const answered: number[] = [];
    const calls = Array.from({ length: 200 }, async (_, index) => {
      const rows = Array.from({ length: 1 + (index % 3) }, (_row, row) => [index, row]);
      const logits = await backend.score(batchOf(rows));
      answered.push(index);
      assert.deepEqual([...logits], expectedSums(rows));
    });
    await Promise.all(calls);
    assert.deepEqual(
      answered,
      Array.from({ length: 200 }, (_, index) => index),
    );
    await backend.close();
  });

  test("leaves the event loop free while it computes", async () => {
    const backend = await startWorkerBackend(slow);
    let answered = false;
    const call = backend.score(batchOf([[slowProducts]])).finally(() => {
      answered = true;
    });
    let turns = 0;
    for (; !answered && turns < 1_000; turns += 1) await nextTurn();
    // On this thread the run would have taken all of its time within one or two turns.
    assert(turns > 10, `the loop turned ${turns} times`);
    await call;
    await backend.close();
  });

  test("takes the next batch while one runs", async () => {
    const backend = await startWorkerBackend(slow);
    const answered: string[] = [];
    const first = backend.score(batchOf([[slowProducts]])).then(() => answered.push("slow"));
    const second = backend.score(batchOf([[0, 50]])).then(() => answered.push("quick"));
    await Promise.all([first, second]);
    assert.deepEqual(answered, ["slow", "quick"]);
    await backend.close();
  });

  test("takes arrays that share one buffer", async () => {
    const backend = await startWorkerBackend(sum);
    const inputIds = new Int32Array(new ArrayBuffer(16), 0, 2);
    inputIds.set([20, 30]);
    const lengths = new Int32Array(inputIds.buffer, 8, 1).fill(2);
    const typeIds = new Uint8Array(inputIds.buffer, 12, 2);
    const logits = await backend.score({ rows: 1, length: 2, inputIds, typeIds, lengths });
    assert.deepEqual([...logits], [0.5]);
    await backend.close();
  });

  test("rejects a batch that was handed over before, and goes on", async () => {
    const backend = await startWorkerBackend(sum);
    const batch = batchOf([[50]]);
    await backend.score(batch);
    await assert.rejects(backend.score(batch), { name: "RerankError", code: "internal" });
    assert.deepEqual([...(await backend.score(batchOf([[50]])))], [0.5]);
    await backend.close();
  });

  test("fails one batch that the model cannot compute, and goes on", async () => {
    const modelPath = fixturePath("nan-on-7");
    const backend = await startWorkerBackend({ ...sum, modelPath });
    const bad = backend.score(batchOf([[7]]));
    const good = backend.score(batchOf([[50]]));
    await assert.rejects(bad, {
      name: "RerankError",
      code: "internal",
      message: "the model answered a score that is not a finite number",
    });
    assert.deepEqual([...(await good)], [0.5]);
    await backend.close();
  });

  test("keeps the text of an unexpected error out of its message", async () => {
    const backend = await startWorkerBackend(crashing);
    await assert.rejects(backend.score(batchOf([[crashCommands.failPlainly]])), (error) => {
      assert(error instanceof RerankError);
      assert.equal(error.code, "internal");
      assert.doesNotMatch(error.message, /secret/);
      assert.match(String(error.cause), /secret detail of a failure/);
      return true;
    });
    await backend.close();
  });
});

suite("startWorkerBackend() with a listener", () => {
  test("passes on what the operator should know, before the answer", async () => {
    const heard: string[] = [];
    const backend = await startWorkerBackend({ ...crashing, onNote: (note) => heard.push(note) });
    await backend.score(batchOf([[crashCommands.note]]));
    assert.deepEqual(heard, ["something to know"]);
    await backend.close();
  });
});

suite("startWorkerBackend() when its thread dies", () => {
  for (const [how, command, reason] of [
    ["throws", crashCommands.throwUncaught, /secret detail of a crash/],
    ["exits", crashCommands.exit, /exited with code 3/],
  ] as const) {
    test(`fails every call when the thread ${how}`, async () => {
      const backend = await startWorkerBackend(crashing);
      const calls = [
        backend.score(batchOf([[command]])),
        backend.score(batchOf([[1]])),
        backend.score(batchOf([[2]])),
      ];
      for (const { status, reason: error } of (await Promise.allSettled(
        calls,
      )) as PromiseRejectedResult[]) {
        assert.equal(status, "rejected");
        assert(error instanceof RerankError);
        assert.equal(error.code, "unavailable");
        assert.equal(error.message, "the model is not available now; try again");
        assert.match(String(error.cause), reason);
      }
      assert.match(String(await backend.exited), reason);
      await assert.rejects(backend.score(batchOf([[1]])), unavailable);
      await backend.close();
    });
  }
});

suite("workerBackend.close()", () => {
  test("waits for the running batch and for those behind it", async () => {
    const backend = await startWorkerBackend(slow);
    const settled: string[] = [];
    const calls = [
      backend.score(batchOf([[slowProducts]])).then(() => settled.push("first")),
      backend.score(batchOf([[1]])).then(() => settled.push("second")),
    ];
    await backend.close().then(() => settled.push("closed"));
    await Promise.all(calls);
    assert.deepEqual(settled, ["first", "second", "closed"]);
    assert.equal(await backend.exited, undefined);
  });

  test("may be called twice", async () => {
    const backend = await startWorkerBackend(sum);
    await Promise.all([backend.close(), backend.close()]);
    await backend.close();
  });

  test("refuses batches from then on", async () => {
    const backend = await startWorkerBackend(sum);
    const closing = backend.close();
    await assert.rejects(backend.score(batchOf([[1]])), unavailable);
    await closing;
    await assert.rejects(backend.score(batchOf([[1]])), unavailable);
  });
});
