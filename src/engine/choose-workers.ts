import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "../inference/devices.ts";
import { type Machine, readMachine } from "../inference/machine.ts";
import { planWorkers, type WorkerPlan } from "../inference/worker-plan.ts";
import type { ModelDirectory } from "../models/open-model.ts";

/** What was asked for; 0 of either: what suits. */
export interface WorkersAsked {
  readonly workers: number;
  readonly threads: number;
  /** The first device that is tried. */
  readonly device: Device;
}

/** What a model tells of its size. */
export type SizedModel = Pick<ModelDirectory, "directory" | "weightPaths" | "rowByRow"> & {
  readonly config: Pick<ModelDirectory["config"], "width">;
};

/** Returns how many workers run a model on this machine, and their threads. */
export async function chooseWorkers(
  model: SizedModel,
  { workers, threads, device }: WorkersAsked,
  machine: Machine = readMachine(),
): Promise<WorkerPlan> {
  const { rowByRow, config } = model;
  const { width } = config;
  const weightBytes = await weightBytesOf(model);
  return planWorkers({ workers, threads, device, width, rowByRow, weightBytes, machine });
}

/** Returns the size of a model's weights in bytes, all of their files together. */
export async function weightBytesOf({
  directory,
  weightPaths,
}: Pick<ModelDirectory, "directory" | "weightPaths">): Promise<number> {
  const sizes = weightPaths.map(async (path) => (await stat(join(directory, path))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
