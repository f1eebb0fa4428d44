import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createEngineMonitor } from "../../src/engine/engine-monitor.ts";
import { HealthState } from "../../src/engine/health-state.ts";
import {
  createResilientBackend,
  type ResilientBackend,
} from "../../src/inference/worker/resilient-backend.ts";
import type { WorkerBackend, WorkerEvents } from "../../src/inference/worker/worker-backend.ts";
import { createWorkerPool } from "../../src/inference/worker/worker-pool.ts";
import { createFakeHealth } from "../fakes/fake-health.ts";
import { createFakeWorkerBackend, type FakeWorkerBackend } from "../fakes/fake-worker-backend.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { createRecordingLogger } from "../fakes/recording-logger.ts";
import { reached } from "../fakes/resilient-test-backend.ts";

async function setUp({ opened = true } = {}) {
  const workers: FakeWorkerBackend[] = [];
  const clock = createManualClock();
  let events: WorkerEvents = {};
  let startFault: Error | undefined;
  const health = new HealthState({
    status: "starting",
    model: "m",
    device: "",
    workers: 0,
    threads: 0,
    dtype: "fp16",
    maxLength: 512,
    activation: "sigmoid",
    version: "0.0.0",
    reason: "the model is loading",
  });
  const log = createRecordingLogger();
  const monitor = createEngineMonitor({ log, health });
  const backend = createResilientBackend({
    padId: 1,
    clock,
    startWorker: async (given): Promise<WorkerBackend> => {
      if (startFault !== undefined) throw startFault;
      events = given;
      const worker = createFakeWorkerBackend();
      workers.push(worker);
      return worker;
    },
  });
  monitor.onPlan({ workers: 1, threads: 1 });
  backend.onStatus((status, details) => monitor.onWorker(0, status, details));
  await backend.start();
  if (opened) monitor.opened();
  const present = () => [health.report.status, health.report.reason];
  const messages = () => log.lines.map(({ level, message }) => `${level}: ${message}`);
  const failStarts = (fault: Error | undefined) => {
    startFault = fault;
  };
  const own = { present, messages, failStarts, events: () => events };
  return { backend, clock, workers, health, log, monitor, ...own };
}

suite("the engine monitor", () => {
  test("is degraded, with the reason, until the device takes everything again", async () => {
    const { backend, present, messages, events } = await setUp();
    assert.deepEqual(present(), ["ok", ""]);

    events().onDegraded?.("documents run on the cpu");
    assert.deepEqual(present(), ["degraded", "documents run on the cpu"]);
    events().onDegraded?.(undefined);
    assert.deepEqual(present(), ["ok", ""]);
    assert.deepEqual(messages(), [
      "warn: documents run on the cpu",
      "info: every document runs on the device again",
    ]);
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

  test("writes one line for each crash and each start that failed, with its cause", async () => {
    const { backend, clock, workers, log, messages, failStarts } = await setUp();
    const crash = new Error("boom");
    const fault = new Error("the model file is gone");

    failStarts(fault);
    workers[0]?.crash(crash);
    await reached(backend, "restarting");
    for (const delayMs of [200, 400]) {
      clock.advance(delayMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
    failStarts(undefined);
    clock.advance(800);
    await reached(backend, "ok");

    assert.deepEqual(messages(), [
      "error: the inference worker ended and is being restarted",
      "error: the inference worker could not be started and is tried again",
      "error: the inference worker could not be started and is tried again",
      "info: the inference worker is back",
    ]);
    assert.deepEqual(
      log.lines.slice(0, 3).map(({ fields }) => [fields.err, fields.retry_ms]),
      [
        [crash, 200],
        [fault, 400],
        [fault, 800],
      ],
    );
    await backend.close();
  });

  test("warns of what the tokenizer's files say", async () => {
    const { backend, monitor, messages } = await setUp();

    monitor.onTokenizerNotes(["one file contradicts another", "a setting is not followed"]);

    assert.deepEqual(messages(), [
      "warn: one file contradicts another",
      "warn: a setting is not followed",
    ]);
    await backend.close();
  });

  test("knows of a worker that ended before requests reached the engine", async () => {
    const { backend, clock, workers, health, monitor, present, messages } = await setUp({
      opened: false,
    });
    let ready = 0;
    health.onceServing(() => {
      ready += 1;
    });

    workers[0]?.crash(new Error("boom"));
    await reached(backend, "restarting");
    assert.deepEqual(present(), ["starting", "the model is loading"]);
    monitor.opened();
    assert.deepEqual(present(), ["restarting", "the inference worker is being restarted"]);
    assert.equal(ready, 0);

    clock.advance(200);
    await reached(backend, "ok");
    assert.deepEqual([...present(), health.report.device, ready], ["ok", "", "cpu", 1]);
    assert.deepEqual(messages(), [
      "error: the inference worker ended and is being restarted",
      "info: the inference worker is back",
    ]);
    await backend.close();
  });

  test("does not serve without a tokenizer, whatever the worker does", async () => {
    const { backend, monitor, present, log, messages } = await setUp();
    const reason = new Error("out of memory");

    monitor.onTokenizer({ status: "restarting", reason, retryMs: 0 });
    assert.deepEqual(present(), ["restarting", "the tokenizer is being restarted"]);
    monitor.onTokenizer({ status: "restarting", reason, retryMs: 200 });
    monitor.onTokenizer({ status: "ok" });

    assert.deepEqual(present(), ["ok", ""]);
    assert.deepEqual(messages(), [
      "error: the tokenizer ended and is being restarted",
      "error: the tokenizer could not be loaded and is tried again",
      "info: the tokenizer is back",
    ]);
    assert.deepEqual(log.lines[1]?.fields, { err: reason, retry_ms: 200 });
    await backend.close();
  });
});

suite("the engine monitor of several workers", () => {
  test("is degraded while one is away, and has a line for each change of each", async () => {
    const health = createFakeHealth({ status: "starting", device: "", workers: 0, threads: 0 });
    const log = createRecordingLogger();
    const monitor = createEngineMonitor({ log, health });
    const clock = createManualClock();
    const started: FakeWorkerBackend[] = [];
    monitor.onPlan({ workers: 2, threads: 1 });
    const backends = [0, 1].map((worker) => {
      const backend = createResilientBackend({
        padId: 1,
        clock,
        startWorker: async () => {
          const fake = createFakeWorkerBackend();
          started.push(fake);
          return fake;
        },
      });
      backend.onStatus((status, details) => monitor.onWorker(worker, status, details));
      return backend;
    });
    const pool = createWorkerPool(backends, clock);
    await pool.start();
    monitor.opened();
    const { status, workers, threads } = health.report;
    assert.deepEqual([status, workers, threads], ["ok", 2, 1]);

    pool.startOthers();
    const [first, second] = backends as [ResilientBackend, ResilientBackend];
    await reached(second, "ok");
    started[0]?.crash(new Error("boom"));
    await reached(first, "restarting");
    assert.deepEqual(
      [health.report.status, health.report.reason],
      ["degraded", "1 of 2 inference workers is being restarted"],
    );
    clock.advance(200);
    await reached(first, "ok");
    assert.equal(health.report.status, "ok");

    assert.deepEqual(
      log.lines.map(({ message, fields }) => [fields.worker, message]),
      [
        [2, "one more inference worker serves"],
        [1, "the inference worker ended and is being restarted"],
        [1, "the inference worker is back"],
      ],
    );
    await pool.close();
  });
});
