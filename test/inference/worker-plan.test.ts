import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { planWorkers, type WorkerPlanOptions } from "../../src/inference/worker-plan.ts";

const gigabyte = 2 ** 30;
const base: WorkerPlanOptions = {
  workers: 0,
  threads: 0,
  device: "cpu",
  width: 768,
  rowByRow: false,
  weightBytes: gigabyte,
  machine: { cores: 16, memoryBytes: 64 * gigabyte },
};
const on = (cores: number, memoryBytes = 64 * gigabyte) => ({ machine: { cores, memoryBytes } });
const small = { width: 128, weightBytes: 10e6 };

suite("planWorkers()", () => {
  for (const [title, options, workers, threads] of [
    ["one thread each for a narrow model", { ...small, ...on(2) }, 2, 1],
    ["no more workers than can be served", { ...small, ...on(64) }, 8, 1],
    ["one worker where there is one core", { ...small, ...on(1) }, 1, 1],
    ["all threads in one run of a wide model", on(2), 1, 2],
    ["several workers of a wide model on many cores", on(16), 4, 4],
    ["all cores where they do not divide", on(7), 1, 7],
    ["threads for batches of a model of middle width", { width: 384, ...on(2) }, 1, 2],
    ["one thread for its rows one by one", { width: 384, rowByRow: true, ...on(2) }, 2, 1],
    ["a worker for each core for the rows of a wide model", { rowByRow: true, ...on(4) }, 4, 1],
    ["what is left of the cores for its threads", { rowByRow: true, ...on(16) }, 8, 2],
    ["all threads for the rows of the widest", { width: 2048, rowByRow: true, ...on(4) }, 1, 4],
    ["one worker of a model whose width is not known", { width: undefined }, 1, 16],
    ["as many workers as there is memory for", on(16, 6 * gigabyte), 2, 8],
    ["one worker where there is no memory at all", on(16, 1000), 1, 16],
    ["one worker on a GPU", { device: "cuda", ...small }, 1, 16],
    ["more on a GPU where they are asked for", { device: "cuda", workers: 2 }, 2, 8],
    ["threads that are asked for, in one worker", { ...small, threads: 3, ...on(16) }, 1, 3],
    ["workers that are asked for, and the cores among them", { workers: 3, ...on(8) }, 3, 2],
    ["more workers than cores if they are asked for", { workers: 3, ...on(2) }, 3, 1],
    ["what is asked for", { workers: 2, threads: 5, ...on(1) }, 2, 5],
  ] as const) {
    test(`plans ${title}`, () => {
      assert.deepEqual(planWorkers({ ...base, ...options }), { workers, threads });
    });
  }
});
