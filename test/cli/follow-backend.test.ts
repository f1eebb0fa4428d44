import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Engine } from "../../src/cli/engine.ts";
import { followBackend } from "../../src/cli/follow-backend.ts";
import { createResilientBackend } from "../../src/inference/resilient-backend.ts";
import type { WorkerEvents } from "../../src/inference/worker-backend.ts";
import { HealthState } from "../../src/server/health-state.ts";
import { createFakeReranker } from "../fakes/fake-reranker.ts";
import { createFakeWorkerBackend, type FakeWorkerBackend } from "../fakes/fake-worker-backend.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { createRecordingLogger } from "../fakes/recording-logger.ts";
import { reached } from "../fakes/resilient-test-backend.ts";

async function setUp() {
  const workers: FakeWorkerBackend[] = [];
  const clock = createManualClock();
  let events: WorkerEvents = {};
  const backend = createResilientBackend({
    padId: 1,
    clock,
    startWorker: async (given) => {
      events = given;
      const worker = createFakeWorkerBackend();
      workers.push(worker);
      return worker;
    },
  });
  const info = await backend.start();
  const engine: Engine = {
    reranker: createFakeReranker(),
    backend,
    info,
    notes: [],
    snapshot: () => ({ queue: { pairs: 0, tokens: 0, oldestMs: 0 }, cache: undefined }),
    close: () => backend.close(),
  };
  const health = new HealthState({
    status: "starting",
    model: "m",
    device: "",
    dtype: "fp16",
    maxLength: 512,
    activation: "sigmoid",
    version: "0.0.0",
    reason: "the model is loading",
  });
  const log = createRecordingLogger();
  followBackend(engine, { log, health });
  const present = () => [health.report.status, health.report.reason];
  return { backend, clock, workers, health, log, present, events: () => events };
}

suite("followBackend()", () => {
  test("is degraded, with the reason, until the device takes everything again", async () => {
    const { backend, present, events } = await setUp();
    assert.deepEqual(present(), ["ok", ""]);

    events().onDegraded?.("documents run on the cpu");
    assert.deepEqual(present(), ["degraded", "documents run on the cpu"]);
    events().onDegraded?.(undefined);
    assert.deepEqual(present(), ["ok", ""]);
    await backend.close();
  });

  test("does not serve while there is no worker, and tells how long that was", async () => {
    const { backend, clock, workers, log, present, events } = await setUp();
    events().onDegraded?.("documents run on the cpu");

    workers[0]?.crash(new Error("boom"));
    await reached(backend, "restarting");
    assert.deepEqual(present(), ["restarting", "the inference worker is being restarted"]);
    clock.advance(200);
    await reached(backend, "ok");

    assert.deepEqual(present(), ["ok", ""]);
    const back = log.lines.find(({ message }) => message === "the inference worker is back");
    assert.deepEqual(back?.fields, { restarts: 1, recovery_ms: 200 });
    await backend.close();
  });
});
