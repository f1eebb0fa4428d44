import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { StartupError } from "../../src/errors.ts";
import {
  type BackendStatus,
  createResilientBackend,
  type ResilientBackend,
} from "../../src/inference/resilient-backend.ts";
import { startWorkerBackend, type WorkerBackend } from "../../src/inference/worker-backend.ts";
import { crashCommands } from "../fakes/crashing-worker.ts";
import { createFakeWorkerBackend, type FakeWorkerBackend } from "../fakes/fake-worker-backend.ts";
import { batchOf, fixturePath } from "../fakes/inference-fixtures.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

const restart = { firstDelayMs: 100, maxDelayMs: 400, stableAfterMs: 10_000 };
const unavailable = { name: "RerankError", code: "unavailable" };

/** A backend over the given starts, in order; the last one repeats. */
function createTestBackend(...starts: (() => Promise<WorkerBackend>)[]) {
  const clock = createManualClock();
  const seen: BackendStatus[] = [];
  let started = 0;
  const backend = createResilientBackend({
    padId: 1,
    restart,
    clock,
    startWorker: () => {
      const start = starts[Math.min(started, starts.length - 1)];
      started += 1;
      assert(start !== undefined);
      return start();
    },
  });
  backend.onStatus((status) => seen.push(status));
  return { backend, clock, seen, startCount: () => started };
}

/** Resolves when the backend is in a status. */
function reached(backend: ResilientBackend, wanted: BackendStatus): Promise<void> {
  if (backend.status === wanted) return Promise.resolve();
  return new Promise((resolve) => {
    const remove = backend.onStatus((status) => {
      if (status !== wanted) return;
      remove();
      resolve();
    });
  });
}

const works = async () => createFakeWorkerBackend();
const fails = async () => {
  throw new StartupError("the model file `model.onnx` does not exist");
};

suite("createResilientBackend()", () => {
  test("is starting until the canary is answered", async () => {
    const worker = createFakeWorkerBackend();
    const { backend, seen } = createTestBackend(async () => worker);
    assert.equal(backend.status, "starting");
    await assert.rejects(backend.score(batchOf([[1]])), unavailable);
    assert.equal(await backend.start(), worker.info);
    assert.equal(backend.status, "ok");
    assert.deepEqual(backend.details, { info: worker.info, reason: undefined, restarts: 0 });
    assert.deepEqual(
      worker.batches.map((batch) => [...batch.inputIds]),
      [[0, 1, 2, 3, 1, 1, 1, 1]],
    );
    assert.equal((await backend.score(batchOf([[1], [2]]))).length, 2);
    await backend.close();
    assert.deepEqual(seen, ["ok", "closed"]);
    assert(worker.closed);
  });

  test("does not try a first start again", async () => {
    const { backend, clock, seen, startCount } = createTestBackend(fails);
    await assert.rejects(backend.start(), {
      name: "StartupError",
      message: "the model file `model.onnx` does not exist",
    });
    assert.deepEqual(seen, ["closed"]);
    assert.equal(clock.waiting, 0);
    assert.equal(startCount(), 1);
    await assert.rejects(backend.score(batchOf([[1]])), unavailable);
    await backend.close();
  });

  test("does not start with a model that cannot compute", async () => {
    const worker = createFakeWorkerBackend(new Error("a score that is not a finite number"));
    const { backend } = createTestBackend(async () => worker);
    await assert.rejects(backend.start(), {
      name: "StartupError",
      message: "the model is loaded but cannot compute: a score that is not a finite number",
    });
    assert(worker.closed);
    assert.equal(backend.status, "closed");
  });

  test("starts a new worker after a crash, once the wait is over", async () => {
    const first = createFakeWorkerBackend();
    const { backend, clock, seen, startCount } = createTestBackend(async () => first, works);
    await backend.start();
    const crash = new Error("boom");
    first.crash(crash);
    await reached(backend, "restarting");
    assert.equal(backend.details.reason, crash);
    assert.equal(backend.details.info, first.info);
    await assert.rejects(backend.score(batchOf([[1]])), { ...unavailable, retryAfterMs: 100 });

    clock.advance(99);
    assert.equal(startCount(), 1);
    clock.advance(1);
    await reached(backend, "ok");
    assert.deepEqual([backend.details.reason, backend.details.restarts], [undefined, 1]);
    assert.equal((await backend.score(batchOf([[1]]))).length, 1);
    await backend.close();
    assert.deepEqual(seen, ["ok", "restarting", "ok", "closed"]);
  });

  test("waits twice as long after each failed restart, up to the cap", async () => {
    const first = createFakeWorkerBackend();
    const { backend, clock, startCount } = createTestBackend(async () => first, fails);
    await backend.start();
    first.crash(new Error("boom"));
    await reached(backend, "restarting");
    for (const [restarts, delayMs] of [100, 200, 400, 400, 400].entries()) {
      assert.equal(clock.waiting, 1);
      clock.advance(delayMs - 1);
      assert.equal(startCount(), 1 + restarts);
      const again = new Promise<void>((resolve) => {
        const remove = backend.onStatus(() => {
          remove();
          resolve();
        });
      });
      clock.advance(1);
      assert.equal(startCount(), 2 + restarts);
      await again;
      assert.match(String(backend.details.reason), /does not exist/);
    }
    await backend.close();
  });

  test("forgets old crashes once a worker was stable", async () => {
    const workers: FakeWorkerBackend[] = [];
    const { backend, clock, startCount } = createTestBackend(async () => {
      const worker = createFakeWorkerBackend();
      workers.push(worker);
      return worker;
    });
    await backend.start();
    for (const [servedMs, delayMs] of [
      [0, 100],
      [9_999, 200],
      [10_000, 100],
    ] as const) {
      clock.advance(servedMs);
      const before = startCount();
      workers.at(-1)?.crash(new Error("boom"));
      await reached(backend, "restarting");
      clock.advance(delayMs - 1);
      assert.equal(startCount(), before);
      clock.advance(1);
      await reached(backend, "ok");
    }
    await backend.close();
  });

  test("restarts a worker that ended without an error", async () => {
    const first = createFakeWorkerBackend();
    const { backend } = createTestBackend(async () => first, works);
    await backend.start();
    await first.close();
    await reached(backend, "restarting");
    assert.match(String(backend.details.reason), /ended by itself/);
    await backend.close();
  });

  test("adds the notes of a worker to its details", async () => {
    let note: (text: string) => void = () => {};
    const backend = createResilientBackend({
      padId: 1,
      startWorker: async (onNote) => {
        note = onNote;
        return createFakeWorkerBackend();
      },
    });
    await backend.start();
    note("a document ran on the cpu");
    assert.deepEqual(backend.details.info?.notes, ["a document ran on the cpu"]);
    assert.equal(backend.status, "ok");
    await backend.close();
  });

  test("stops telling a listener that was removed", async () => {
    const { backend } = createTestBackend(works);
    let told = 0;
    const remove = backend.onStatus(() => {
      told += 1;
    });
    await backend.start();
    remove();
    await backend.close();
    assert.equal(told, 1);
  });
});

suite("resilientBackend.close()", () => {
  test("prevents a restart that is waiting", async () => {
    const first = createFakeWorkerBackend();
    const { backend, clock, seen, startCount } = createTestBackend(async () => first, works);
    await backend.start();
    first.crash(new Error("boom"));
    await reached(backend, "restarting");
    await Promise.all([backend.close(), backend.close()]);
    assert.equal(clock.waiting, 0);
    clock.advance(1_000_000);
    assert.equal(startCount(), 1);
    assert.deepEqual(seen, ["ok", "restarting", "closed"]);
    await assert.rejects(backend.score(batchOf([[1]])), unavailable);
  });

  test("waits for a start that is under way, and closes what it brought up", async () => {
    const worker = createFakeWorkerBackend();
    let finishStart: (worker: WorkerBackend) => void = () => {};
    const { backend, seen } = createTestBackend(
      () =>
        new Promise((resolve) => {
          finishStart = resolve;
        }),
    );
    const start = backend.start();
    const closing = backend.close();
    finishStart(worker);
    await assert.rejects(start, unavailable);
    await closing;
    assert(worker.closed);
    assert.deepEqual(seen, ["closed"]);
    await assert.rejects(backend.start(), unavailable);
  });

  test("waits for a restart that is under way, and closes what it brought up", async () => {
    const first = createFakeWorkerBackend();
    const second = createFakeWorkerBackend();
    let finishStart: (worker: WorkerBackend) => void = () => {};
    const { backend, clock } = createTestBackend(
      async () => first,
      () =>
        new Promise((resolve) => {
          finishStart = resolve;
        }),
    );
    await backend.start();
    first.crash(new Error("boom"));
    await reached(backend, "restarting");
    clock.advance(100);
    const closing = backend.close();
    finishStart(second);
    await closing;
    assert(second.closed);
    assert.equal(clock.waiting, 0);
  });
});

suite("createResilientBackend() over a real thread", () => {
  const workerUrl = new URL("../fakes/crashing-worker.js", import.meta.url);
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
