import type { Fault } from "./fault.ts";
import { halfOpen, slowReaders, slowWriters } from "./faults/connections.ts";
import { diskFull } from "./faults/disk.ts";
import { gpuMemory } from "./faults/gpu-memory.ts";
import { idleConnections } from "./faults/idle.ts";
import { modelFileBroken, modelFileChanged } from "./faults/model-file.ts";
import { frozen, killed, portTaken, terminated } from "./faults/process.ts";
import { restarts } from "./faults/restarts.ts";
import { secondSignal } from "./faults/second-signal.ts";
import { poison, workerCrashes } from "./faults/worker.ts";

/** Everything that the run breaks, in the order of the table. */
export const allFaults: readonly Fault[] = [
  ...workerCrashes,
  poison,
  gpuMemory,
  modelFileBroken,
  modelFileChanged,
  diskFull,
  portTaken,
  terminated,
  restarts(50),
  killed,
  secondSignal,
  frozen,
  slowWriters,
  slowReaders,
  halfOpen,
  idleConnections(10_000),
];
