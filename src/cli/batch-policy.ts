import type { Device } from "../inference/devices.ts";
import type { BatchPolicy } from "../scheduler/fair-queue.ts";

/**
 * How batches are formed on each device. A CPU computes a token of a small batch as fast as one of
 * a large batch, so its batches stay small enough to wait for; a GPU needs thousands of tokens to
 * be busy.
 */
const policies = {
  cpu: { maxBatchTokens: 1024, runOverheadTokens: 16 },
  cuda: { maxBatchTokens: 16_384, runOverheadTokens: 1024 },
  webgpu: { maxBatchTokens: 16_384, runOverheadTokens: 1024 },
} as const satisfies Record<Device, BatchPolicy>;

/** Returns how to form batches on a device; `maxBatchTokens` overrides the device's own. */
export function batchPolicyFor(device: Device, maxBatchTokens: number | undefined): BatchPolicy {
  const policy = policies[device];
  return { ...policy, maxBatchTokens: maxBatchTokens ?? policy.maxBatchTokens };
}
