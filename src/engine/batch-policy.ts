import type { Device } from "../inference/devices.ts";
import type { BackendInfo } from "../inference/session/session-options.ts";
import type { BatchPolicy } from "../scheduler/work.ts";

/**
 * The batch limits of each device. A CPU computes a token of a small batch as fast as one of a
 * large batch, so its batches stay small enough to wait for; a GPU needs thousands of tokens to be
 * busy.
 */
const policies: Readonly<Record<Device, BatchPolicy>> = {
  cpu: { maxBatchTokens: 1024, runOverheadTokens: 16 },
  cuda: { maxBatchTokens: 16_384, runOverheadTokens: 1024 },
  webgpu: { maxBatchTokens: 16_384, runOverheadTokens: 1024 },
};

/** Returns how many tokens a batch has at most on a device where nothing else is set. */
export function usualBatchTokens(device: Device): number {
  return policies[device].maxBatchTokens;
}

/**
 * Returns how to form batches; `maxBatchTokens` overrides the device's own. Where rows are computed
 * one by one, pairs of any lengths may share a batch: nothing is padded.
 */
export function batchPolicyFor(
  { device, rowByRow }: Pick<BackendInfo, "device" | "rowByRow">,
  maxBatchTokens: number = usualBatchTokens(device),
): BatchPolicy {
  const { runOverheadTokens } = policies[device];
  return {
    maxBatchTokens,
    runOverheadTokens: rowByRow ? maxBatchTokens : runOverheadTokens,
    rowByRow,
  };
}
