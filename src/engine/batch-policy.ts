import type { Device } from "../inference/devices.ts";
import type { BackendInfo } from "../inference/session/session-options.ts";
import type { BatchBounds } from "../scheduler/batch-sizing.ts";

/**
 * The batch limits of each device. A CPU computes a token of a small batch as fast as one of a large
 * batch, so its batches stay small enough to wait for, but for a small model, whose runs have a fixed
 * cost that counts; and it computes long pairs faster one by one, while their attention is still in its
 * caches, and holds less memory. A GPU needs thousands of tokens to be busy.
 */
const policies: Readonly<Record<Device, BatchBounds>> = {
  cpu: {
    maxBatchTokens: 1024,
    maxAttention: 512 ** 2,
    runOverheadTokens: 16,
    largest: { maxBatchTokens: 2048, runOverheadTokens: 64 },
  },
  cuda: { maxBatchTokens: 16_384, runOverheadTokens: 1024 },
  webgpu: { maxBatchTokens: 16_384, runOverheadTokens: 1024 },
};

/**
 * Returns how many tokens a batch has on a device where nothing else is set; where runs have a large
 * fixed cost, it may come to have twice as many.
 */
export function usualBatchTokens(device: Device): number {
  return policies[device].maxBatchTokens;
}

/**
 * Returns how to form batches; `asked` overrides the tokens of a batch, and then nothing else limits it. Where rows are computed
 * one by one, pairs of any lengths may share a batch: nothing is padded.
 */
export function batchPolicyFor(
  { device, rowByRow }: Pick<BackendInfo, "device" | "rowByRow">,
  asked?: number,
): BatchBounds {
  const { runOverheadTokens, largest, maxAttention: usualAttention } = policies[device];
  const maxBatchTokens = asked ?? usualBatchTokens(device);
  if (rowByRow) return { maxBatchTokens, runOverheadTokens: maxBatchTokens, rowByRow };
  const most = largest && { ...largest, maxBatchTokens: asked ?? largest.maxBatchTokens };
  const maxAttention = asked === undefined ? usualAttention : undefined;
  return { maxBatchTokens, maxAttention, runOverheadTokens, rowByRow, largest: most };
}
