/**
 * Loaded into a real server with `NODE_OPTIONS=--import`, in its main thread and in its workers: it
 * breaks what the test asks for over the process's channel. Nothing of it is part of the product.
 */
import fs from "node:fs";
import { createRequire, syncBuiltinESMExports } from "node:module";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import workerThreads from "node:worker_threads";
import type { FaultMessage, ServerSample } from "./saboteur-protocol.ts";

const { BroadcastChannel, isMainThread, threadId, workerData } = workerThreads;

/** Old-space limit of the inference thread, so that it runs out of memory within a second. */
const workerHeapMb = 64;

/** A token that appears this often in one row is the poison; no other text of the tests does that. */
const poisonCount = 190;

/** XLM-R's, as of the bundled model. */
const padId = 1n;

const channelName = "saboteur";
const isInference =
  typeof workerData === "object" && workerData !== null && "modelPath" in workerData;

if (isMainThread) sabotageMain();
else if (isInference) sabotageWorker();

/** Makes the library of CUDA seem to be there. */
function pretendCuda(): void {
  const { existsSync } = fs;
  fs.existsSync = (path) => String(path).endsWith("_providers_cuda.so") || existsSync(path);
  syncBuiltinESMExports();
}

function sabotageMain(): void {
  const { Worker } = workerThreads;
  /** The inference threads that run, oldest first. */
  const threads = new Set<number>();
  workerThreads.Worker = class extends Worker {
    constructor(url: string | URL, options: workerThreads.WorkerOptions = {}) {
      const isModel = options.name === "inference";
      const resourceLimits = { maxOldGenerationSizeMb: workerHeapMb };
      super(url, isModel ? { ...options, resourceLimits } : options);
      if (!isModel) return;
      const id = this.threadId;
      threads.add(id);
      this.once("exit", () => threads.delete(id));
    }
  };
  if (process.env.SABOTEUR_GPU) pretendCuda();
  syncBuiltinESMExports();
  if (process.send === undefined) return;
  const channel = new BroadcastChannel(channelName);
  channel.unref();
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  process.on("message", (message: FaultMessage) => {
    if (message.type === "crash") {
      const [thread] = threads;
      return channel.postMessage({ ...message, thread });
    }
    if (message.type !== "sample") return channel.postMessage(message);
    if (typeof collect === "function") collect();
    process.send?.(takeSample());
  });
  // Else the server would not end by itself.
  process.channel?.unref();
}

function takeSample(): ServerSample {
  const { rss, heapUsed, external } = process.memoryUsage();
  const descriptors = fs.readdirSync("/proc/self/fd").map((name) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return "";
    }
  });
  return {
    rssBytes: rss,
    heapBytes: heapUsed,
    externalBytes: external,
    handles: process.getActiveResourcesInfo().length,
    descriptors: descriptors.length,
    sockets: descriptors.filter((target) => target.startsWith("socket:")).length,
  };
}

function sabotageWorker(): void {
  const { InferenceSession } = createRequire(import.meta.url)("onnxruntime-node");
  let gpuCells = Number.POSITIVE_INFINITY;
  if (process.env.SABOTEUR_GPU) {
    pretendCuda();
    gpuCells = Number(process.env.SABOTEUR_GPU);
  }
  const channel = new BroadcastChannel(channelName);
  channel.unref();
  channel.onmessage = (event: unknown) => {
    const { data } = event as { readonly data: FaultMessage & { readonly thread?: number } };
    if (data.type === "gpu") gpuCells = data.cells;
    if (data.type === "crash" && data.thread === threadId) crash(data.how);
  };
  const { create } = InferenceSession;
  InferenceSession.create = async (path: string, options: { executionProviders: string[] }) => {
    const isGpu = options.executionProviders[0] === "cuda";
    const session = await create.call(InferenceSession, path, {
      ...options,
      executionProviders: ["cpu"],
    });
    const run = session.run.bind(session);
    session.run = async (
      feeds: Record<string, { data: ArrayLike<bigint>; dims: number[] }>,
      ...rest: unknown[]
    ) => {
      const ids = feeds.input_ids;
      if (ids && hasPoison(ids.data, ids.dims)) crash("exit");
      if (isGpu && ids && ids.data.length > gpuCells)
        throw new Error("CUDA failure 2: out of memory");
      return await run(feeds, ...rest);
    };
    return session;
  };
}

/** Whether a row of `[rows, length]` token ids is the poison; padding, id 1, does not count. */
function hasPoison(data: ArrayLike<bigint>, [rows = 0, length = 0]: readonly number[]): boolean {
  const ids = Array.from(data);
  return Array.from({ length: rows }, (_, row) => ids.slice(row * length, (row + 1) * length)).some(
    (own) => {
      const counts = new Map<bigint, number>();
      for (const id of own) if (id !== padId) counts.set(id, (counts.get(id) ?? 0) + 1);
      return Math.max(...counts.values()) >= poisonCount;
    },
  );
}

function crash(how: "exit" | "throw" | "oom" | "abort"): void {
  switch (how) {
    case "exit":
      process.exit(7);
      break;
    case "abort":
      // The status of a process that aborted; a thread that does so takes the process along.
      process.exit(134);
      break;
    case "throw":
      setImmediate(() => {
        throw new Error("sabotage");
      });
      break;
    case "oom": {
      const hoard: object[] = [];
      for (;;) hoard.push({ text: `${hoard.length}`.repeat(8) });
    }
  }
}
