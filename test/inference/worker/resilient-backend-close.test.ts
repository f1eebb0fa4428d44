import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { WorkerBackend } from "../../../src/inference/worker/worker-backend.ts";
import { createFakeWorkerBackend } from "../../fakes/fake-worker-backend.ts";
import { batchOf } from "../../fakes/inference-fixtures.ts";
import { createTestBackend, reached, unavailable } from "../../fakes/resilient-test-backend.ts";

const works = async () => createFakeWorkerBackend();

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
    const closing = backend.close().then(() => assert(worker.closed));
    await nextTurn();
    finishStart(worker);
    await assert.rejects(start, unavailable);
    await closing;
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
    const closing = backend.close().then(() => assert(second.closed));
    await nextTurn();
    finishStart(second);
    await closing;
    assert.equal(clock.waiting, 0);
  });
});
