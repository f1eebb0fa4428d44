import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { StartupError, WorkerCrashError } from "../../../src/errors.ts";
import { createResilientBackend } from "../../../src/inference/worker/resilient-backend.ts";
import {
  createFakeWorkerBackend,
  type FakeWorkerBackend,
} from "../../fakes/fake-worker-backend.ts";
import { batchOf } from "../../fakes/inference-fixtures.ts";
import { createTestBackend, reached, unavailable } from "../../fakes/resilient-test-backend.ts";

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
    const nothing = {
      reason: undefined,
      retryMs: undefined,
      recoveryMs: undefined,
      degraded: undefined,
    };
    const counts = { restarts: 0, failures: 0 };
    assert.deepEqual(backend.details, { info: worker.info, ...counts, ...nothing });
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
    const { reason, restarts, recoveryMs } = backend.details;
    assert.deepEqual([reason, restarts, recoveryMs], [undefined, 1, 100]);
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
      startWorker: async ({ onNote }) => {
        note = onNote ?? note;
        return createFakeWorkerBackend();
      },
    });
    await backend.start();
    note("a document ran on the cpu");
    assert.deepEqual(backend.details.info?.notes, ["a document ran on the cpu"]);
    assert.equal(backend.status, "ok");
    await backend.close();
  });

  test("tells how long an outage will last, and whenever more is known", async () => {
    const first = createFakeWorkerBackend();
    const { backend, clock } = createTestBackend(async () => first, fails, works);
    await backend.start();
    const present = () => backend.outage;
    assert.equal(present(), undefined);
    first.crash(new Error("boom"));
    await reached(backend, "restarting");

    const waitsForFirstTry = present();
    clock.advance(30);
    assert.equal(waitsForFirstTry?.remainingMs, 70);
    clock.advance(70);
    await waitsForFirstTry?.changed;
    const waitsForSecondTry = present();
    assert.equal(waitsForSecondTry?.remainingMs, 200);
    clock.advance(200);
    await waitsForSecondTry?.changed;
    assert.equal(present(), undefined);
    assert.equal((await backend.score(batchOf([[1]]))).length, 1);
    await backend.close();
  });

  test("is in an outage when a batch fails that its worker took along", async () => {
    const first = createFakeWorkerBackend();
    const { backend } = createTestBackend(async () => first, works);
    await backend.start();
    first.score = () => {
      first.crash(new Error("boom"));
      return Promise.reject(new WorkerCrashError(true, new Error("boom")));
    };

    await assert.rejects(backend.score(batchOf([[1]])), { name: "RerankError", wasRunning: true });

    assert.equal(backend.outage?.remainingMs, 100);
    await backend.close();
    assert.equal(backend.outage, undefined);
  });

  test("tells why it is slow, until it is not or has a new worker", async () => {
    let degrade: (reason: string | undefined) => void = () => {};
    const backend = createResilientBackend({
      padId: 1,
      startWorker: async ({ onDegraded }) => {
        degrade = onDegraded ?? degrade;
        return createFakeWorkerBackend();
      },
    });
    await backend.start();
    degrade("the memory is full");
    assert.deepEqual([backend.status, backend.details.degraded], ["ok", "the memory is full"]);
    degrade(undefined);
    assert.equal(backend.details.degraded, undefined);
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
