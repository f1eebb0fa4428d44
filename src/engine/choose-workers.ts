import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type DeviceName, planDevices } from "../inference/devices.ts";
import { type Machine, readMachine } from "../inference/machine.ts";
import { findDeviceObstacles } from "../inference/providers.ts";
import { planWorkers, type WorkerPlan } from "../inference/worker-plan.ts";
import type { ModelDirectory } from "../models/open-model.ts";

/** What was asked for; 0 of either: what suits. */
export interface WorkersAsked {
  readonly workers: number;
  readonly threads: number;
  readonly device: DeviceName;
}

/** What a model tells of its size. */
export type SizedModel = Pick<ModelDirectory, "directory" | "weightPaths" | "rowByRow"> & {
  readonly config: Pick<ModelDirectory["config"], "width">;
};

/**
 * Returns how many workers run a model on this machine, and their threads. Rejects with a StartupError
 * if the device cannot be used.
 */
export async function chooseWorkers(
  { directory, weightPaths, rowByRow, config }: SizedModel,
  { workers, threads, device }: WorkersAsked,
  machine: Machine = readMachine(),
): Promise<WorkerPlan> {
  const sizes = weightPaths.map(async (path) => (await stat(join(directory, path))).size);
  const weightBytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  const [first] = planDevices(device, findDeviceObstacles()).attempts;
  const { width } = config;
  return planWorkers({ workers, threads, device: first, width, rowByRow, weightBytes, machine });
}
