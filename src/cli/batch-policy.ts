import type { Device } from "../inference/devices.ts";
import type { ModelDtype } from "../models/dtypes.ts";
import type { BatchPolicy } from "../scheduler/fair-queue.ts";

/**
 * How batches are formed on each device. A CPU computes a token of a small batch as fast as one of
 * a large batch, so its batches stay small enough to wait for; a GPU needs thousands of tokens to
 * be busy.
 */
const policies: Readonly<Record<Device, BatchPolicy>> = {
  cpu: { maxBatchTokens: 1024, runOverheadTokens: 16 },
  cuda: { maxBatchTokens: 16_384, runOverheadTokens: 1024 },
  webgpu: { maxBatchTokens: 16_384, runOverheadTokens: 1024 },
};

/** Whether weights of a type come with activations that are quantized batch by batch. */
export function isQuantized(dtype: ModelDtype): boolean {
  return dtype === "int8" || dtype === "uint8" || dtype === "q8";
}

/**
 * Returns how to form batches; `maxBatchTokens` overrides the device's own. Quantized weights run
 * row by row, so pairs of any lengths may share a batch: nothing is padded.
 */
export function batchPolicyFor(
  device: Device,
  dtype: ModelDtype,
  maxBatchTokens: number = policies[device].maxBatchTokens,
): BatchPolicy {
  const { runOverheadTokens } = policies[device];
  return {
    maxBatchTokens,
    runOverheadTokens: isQuantized(dtype) ? maxBatchTokens : runOverheadTokens,
  };
}
