import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { batchPolicyFor } from "../../src/engine/batch-policy.ts";
import { pairsPerBatch } from "../../src/scheduler/work.ts";

suite("batchPolicyFor()", () => {
  const pairsOf = (device: "cpu" | "cuda", asked?: number) =>
    [16, 128, 256, 300, 512, 1024].map((length) =>
      pairsPerBatch(batchPolicyFor({ device, rowByRow: false }, asked), length),
    );

  test("runs long pairs one by one on the CPU", () => {
    assert.deepEqual(pairsOf("cpu"), [64, 8, 4, 2, 1, 1]);
    assert.deepEqual(pairsOf("cuda"), [1024, 128, 64, 54, 32, 16]);
  });

  test("fills batches with as many tokens as were asked for", () => {
    assert.deepEqual(pairsOf("cpu", 2048), [128, 16, 8, 6, 4, 2]);
  });
});
