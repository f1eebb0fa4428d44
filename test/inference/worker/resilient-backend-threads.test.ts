import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { startWorkerBackend } from "../../../src/inference/worker/worker-backend.ts";
import { crashCommands } from "../../fakes/crashing-worker.ts";
import { batchOf, fixturePath } from "../../fakes/inference-fixtures.ts";
import {
  createTestBackend,
  reached,
  restart,
  unavailable,
} from "../../fakes/resilient-test-backend.ts";

suite("createResilientBackend() over a real thread", () => {
  const workerUrl = new URL("../../fakes/crashing-worker.js", import.meta.url);
  const options = { device: "cpu", threads: 1, workerUrl } as const;

  test("survives a crash", async () => {
    const modelPath = fixturePath("sum");
    const { backend, clock, seen } = createTestBackend(() =>
      startWorkerBackend({ ...options, modelPath }),
    );
    await backend.start();
    for (const command of [crashCommands.throwUncaught, crashCommands.exit]) {
      const calls = [backend.score(batchOf([[command]])), backend.score(batchOf([[1]]))];
      for (const call of calls) await assert.rejects(call, unavailable);
      await reached(backend, "restarting");
      clock.advance(restart.maxDelayMs);
      await reached(backend, "ok");
      assert.deepEqual([...(await backend.score(batchOf([[50]])))], [0.5]);
    }
    await backend.close();
    assert.deepEqual(seen, ["ok", "restarting", "ok", "restarting", "ok", "closed"]);
  });

  test("refuses a model whose first answer has several labels", async () => {
    // The first id of the canary is 0, and this graph answers that many labels.
    const modelPath = fixturePath("labels-from-first-id");
    const { backend } = createTestBackend(() => startWorkerBackend({ ...options, modelPath }));
    await assert.rejects(backend.start(), {
      name: "StartupError",
      message: /cannot compute: this model has 0 labels per pair; a reranker has 1/,
    });
  });

  test("closes after the running batch", async () => {
    const modelPath = fixturePath("slow");
    const { backend } = createTestBackend(() => startWorkerBackend({ ...options, modelPath }));
    await backend.start();
    const settled: string[] = [];
    const call = backend.score(batchOf([[60]])).then(() => settled.push("scored"));
    await nextTurn();
    await backend.close().then(() => settled.push("closed"));
    await call;
    assert.deepEqual(settled, ["scored", "closed"]);
  });
});
