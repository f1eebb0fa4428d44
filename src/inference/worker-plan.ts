import type { Device } from "./devices.ts";
import type { Machine } from "./machine.ts";

/** How a model is run: so many workers, each with so many threads. */
export interface WorkerPlan {
  readonly workers: number;
  /** Threads that compute one batch on a CPU. */
  readonly threads: number;
}

/** What a plan follows from. */
export interface WorkerPlanOptions {
  /** Workers that were asked for; 0: as many as suit the model and the machine. */
  readonly workers: number;
  /** Threads of each that were asked for; 0: as many as suit. */
  readonly threads: number;
  /** The first device that is tried. */
  readonly device: Device;
  /** The length of the model's vectors, its hidden size; undefined where it is not known. */
  readonly width: number | undefined;
  /** Whether rows are computed one by one. */
  readonly rowByRow: boolean;
  /** Bytes of the weights' files. */
  readonly weightBytes: number;
  readonly machine: Machine;
}

/**
 * Most workers that are chosen by themselves. The threads that serve and tokenize are busy with what
 * a few of them compute.
 */
const mostWorkers = 8;

/**
 * Up to which width a second thread gains nothing in one run: its operations are too small to be
 * divided. Rows that are computed one by one are smaller than batches.
 */
const narrowWidth = 256;
const narrowRowWidth = 512;

/**
 * Up to which width rows that are computed one by one are faster with a worker for each core: a model
 * of base size on two cores by 8% for one client and 18% for eight, measured with
 * `npm run bench -- --figure cores --model base`. Cores for which there is no worker are divided.
 */
const rowPerCoreWidth = 1024;

/** Threads that gain nearly all that more of them would in one run, by the model's width. */
const threadsByWidth = [
  { upTo: 512, threads: 2 },
  { upTo: 1024, threads: 4 },
  { upTo: Number.POSITIVE_INFINITY, threads: 8 },
] as const;

/**
 * Each worker takes about this many times the weights' size: the runtime has its own copy, and packs
 * some of them once more.
 */
const memoryPerWeight = 2;

/** The share of the memory that workers may take. */
const memoryShare = 0.8;

/** Returns the memory that one worker with these weights may take for sure, in bytes. */
export function memoryFor(weightBytes: number): number {
  return (memoryPerWeight * weightBytes) / memoryShare;
}

/**
 * Returns how many workers to start, and their threads. Threads that were asked for alone stay one
 * worker's; a GPU has one worker unless more are asked for.
 */
export function planWorkers(options: WorkerPlanOptions): WorkerPlan {
  const { machine, device } = options;
  const isNarrow = device === "cpu" && isNarrowWidth(options);
  const workers = options.workers > 0 ? options.workers : chooseWorkers(options);
  const perWorker = Math.max(1, Math.floor(machine.cores / workers));
  const threads = options.threads > 0 ? options.threads : isNarrow ? 1 : perWorker;
  return { workers, threads };
}

function chooseWorkers(options: WorkerPlanOptions): number {
  const { threads, device, weightBytes, machine } = options;
  if (device !== "cpu" || threads > 0) return 1;
  const byCores = Math.floor(machine.cores / usefulThreads(options));
  const workerBytes = Math.max(1, memoryPerWeight * weightBytes);
  const byMemory = Math.floor((memoryShare * machine.memoryBytes) / workerBytes);
  return Math.max(1, Math.min(byCores, byMemory, mostWorkers));
}

function isNarrowWidth({ width, rowByRow }: WorkerPlanOptions): boolean {
  return width !== undefined && width <= (rowByRow ? narrowRowWidth : narrowWidth);
}

/** Returns the threads that one run can use; all of the machine's where the width is not known. */
function usefulThreads(options: WorkerPlanOptions): number {
  const { width, rowByRow, machine } = options;
  if (width === undefined) return machine.cores;
  if (isNarrowWidth(options) || (rowByRow && width <= rowPerCoreWidth)) return 1;
  return threadsByWidth.find(({ upTo }) => width <= upTo)?.threads ?? machine.cores;
}
