import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { RerankError, StartupError } from "../../errors.ts";
import type { EncodedBatch } from "../backend.ts";
import { type Device, type DeviceObstacles, deviceError, planDevices } from "../devices.ts";
import { findDeviceObstacles } from "../providers.ts";
import { readCausalGraph } from "./causal-graph.ts";
import { createCausalRun } from "./causal-run.ts";
import { checkBatch, inputCells } from "./feeds.ts";
import { type Graph, readGraph, type TensorDescription } from "./graph.ts";
import { readLogits } from "./logits.ts";
import { createMemoryFallback, type RunBatch } from "./memory-fallback.ts";
import { checkModelFile, isModelFileFault, modelFileError, reasonOf } from "./model-file.ts";
import { type BackendInfo, type OpenSessionOptions, threadCount } from "./session-options.ts";

/**
 * ONNX Runtime's log level for "no messages": every failure comes back as an error, and its lines
 * would break a JSON log.
 */
const silentSeverity = 4;

/** An open model. It blocks the thread while it computes, so it belongs into a worker. */
export interface Session {
  readonly info: BackendInfo;
  /** Returns one logit per row. Rejects with a RerankError. One call at a time. */
  run: RunBatch;
  /** Frees the model. No call may be running. */
  close(): Promise<void>;
}

/** Callbacks of a session, and the device obstacles that a test can replace. */
export interface SessionHooks {
  /** Called with notes for the operator that were not known when the session was opened. */
  readonly onNote?: (note: string) => void;
  /** Called with the reason when batches run slower than they should, and with `undefined` once they no longer do. */
  readonly onDegraded?: (reason: string | undefined) => void;
  /** Default: those of the installed runtime. */
  readonly deviceObstacles?: DeviceObstacles;
}

interface Loaded {
  /** Inputs that batches feed. */
  readonly inputs: readonly string[];
  readonly run: RunBatch;
  close(): Promise<void>;
}

/**
 * Opens a model on the first device of its plan that works. Rejects with a StartupError that says
 * what to do if the file, its graph or the device does not serve. A batch that does not fit into
 * the device's memory is run in parts, and in the last resort on the CPU; the hook `onDegraded` is
 * called then.
 */
export async function openSession(
  options: OpenSessionOptions,
  hooks: SessionHooks = {},
): Promise<Session> {
  await checkModelFile(options.modelPath);
  const rowByRow = options.rowByRow === true;
  const plan = planDevices(options.device, hooks.deviceObstacles ?? findDeviceObstacles());
  const { device, loaded, notes } = await loadOnFirst(plan.attempts, options);
  const open: Loaded[] = [loaded];

  async function openOnCpu(): Promise<RunBatch> {
    const fallback = await load("cpu", options);
    open.push(fallback);
    return fallback.run;
  }

  const run = createMemoryFallback({
    run: loaded.run,
    openFallback: device === "cpu" ? undefined : openOnCpu,
    onFallback: (tokens) =>
      hooks.onDegraded?.(tokens === undefined ? tokens : degradedBy(tokens, device)),
  });
  return {
    info: {
      device,
      dtype: options.dtype,
      threads: threadCount(options.threads),
      rowByRow,
      inputs: loaded.inputs,
      notes: [...plan.notes, ...notes],
    },
    run: rowByRow ? runRowByRow(run) : run,
    close: async () => {
      for (const session of open.splice(0)) await session.close();
    },
  };
}

function degradedBy(tokens: number, device: Device): string {
  return `documents of ${tokens} tokens or more do not fit into the memory of ${device} and run on the cpu`;
}

async function loadOnFirst(
  attempts: readonly Device[],
  options: OpenSessionOptions,
): Promise<{ device: Device; loaded: Loaded; notes: string[] }> {
  const { modelPath } = options;
  const notes: string[] = [];
  for (const device of attempts.slice(0, -1)) {
    try {
      return { device, loaded: await load(device, options), notes };
    } catch (cause) {
      const fault = cause instanceof StartupError ? (cause.cause ?? cause) : cause;
      notes.push(`${device} is not used: ${reasonOf(modelPath, fault)}`);
    }
  }
  const [device = "cpu"] = attempts.slice(-1);
  return { device, loaded: await load(device, options), notes };
}

async function load(device: Device, options: OpenSessionOptions): Promise<Loaded> {
  const { modelPath, causal } = options;
  env.logLevel = "fatal";
  const settings = runtimeOptions(device, options);
  const { bytes } = causal?.answers ?? {};
  const session = await (bytes === undefined
    ? InferenceSession.create(modelPath, settings)
    : InferenceSession.create(bytes, settings)
  ).catch((cause: unknown) => {
    if (device === "cpu" || isModelFileFault(cause)) throw modelFileError(modelPath, cause);
    throw deviceError(device, reasonOf(modelPath, cause), cause);
  });
  try {
    const inputs = session.inputMetadata.map(describeTensor);
    const outputs = session.outputMetadata.map(describeTensor);
    const { names, run } = createRun(session, inputs, outputs, options);
    return { inputs: names, run, close: () => session.release() };
  } catch (cause) {
    await session.release();
    throw cause;
  }
}

function createRun(
  session: InferenceSession,
  inputs: readonly TensorDescription[],
  outputs: readonly TensorDescription[],
  { causal, positiveLabel, firstPosition }: OpenSessionOptions,
): { readonly names: readonly string[]; readonly run: RunBatch } {
  if (causal !== undefined) {
    const graph = readCausalGraph(inputs, outputs, causal.answers?.positionInput);
    return {
      names: graph.inputs.map(({ name }) => name),
      run: createCausalRun(session, graph, causal),
    };
  }
  const graph = readGraph(inputs, outputs, positiveLabel);
  return {
    names: graph.inputs.map(({ name }) => name),
    run: (batch) => runOnce(session, graph, batch, firstPosition),
  };
}

function runtimeOptions(
  device: Device,
  options: OpenSessionOptions,
): InferenceSession.SessionOptions {
  const { weightsFolder } = options.causal?.answers ?? {};
  return {
    executionProviders: [device],
    graphOptimizationLevel: "all",
    executionMode: "sequential",
    intraOpNumThreads: threadCount(options.threads),
    interOpNumThreads: 1,
    enableCpuMemArena: true,
    // A memory plan is kept for every shape seen, and batches come in many shapes.
    enableMemPattern: false,
    logSeverityLevel: silentSeverity,
    extra: {
      session: {
        intra_op: { allow_spinning: options.spinning === true ? "1" : "0" },
        ...(weightsFolder && { model_external_initializers_file_folder_path: weightsFolder }),
      },
    },
  };
}

async function runOnce(
  session: InferenceSession,
  graph: Graph,
  batch: EncodedBatch,
  firstPosition: number | undefined,
): Promise<Float32Array<ArrayBuffer>> {
  checkBatch(batch);
  const dims = [batch.rows, batch.length];
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, type }) => [
      name,
      new Tensor(type, inputCells(batch, name, type, firstPosition), dims),
    ]),
  );
  const outputs = await session.run(feeds, [graph.outputName]).catch((cause: unknown) => {
    throw new RerankError("internal", "the model could not compute this batch", { cause });
  });
  const output = outputs[graph.outputName];
  if (output === undefined) throw new RerankError("internal", "the model gave no answer");
  return readLogits(output, batch.rows, graph.positiveLabel);
}

function describeTensor(metadata: InferenceSession.ValueMetadata): TensorDescription {
  const { name } = metadata;
  return metadata.isTensor
    ? { name, type: metadata.type, shape: metadata.shape }
    : { name, type: "not a tensor", shape: [] };
}

/**
 * Returns a function that computes the rows of a batch one after the other, each without padding.
 *
 * Dynamically quantized models scale their activations by the largest value in the whole batch, so
 * that a pair's logit depends on its neighbours (by up to 0.43 with a random model of base size). A
 * row of its own always has the same logit.
 */
export function runRowByRow(run: RunBatch): RunBatch {
  return async (batch) => {
    const logits = new Float32Array(batch.rows);
    for (let row = 0; row < batch.rows; row += 1) {
      logits.set(await run(rowOf(batch, row)), row);
    }
    return logits;
  };
}

function rowOf(batch: EncodedBatch, row: number): EncodedBatch {
  const { length, inputIds, typeIds, lengths } = batch;
  const start = row * length;
  const end = start + (lengths[row] ?? 0);
  const prefixLengths = batch.prefixLengths?.subarray(row, row + 1);
  return {
    rows: 1,
    length: end - start,
    inputIds: inputIds.subarray(start, end),
    typeIds: typeIds.subarray(start, end),
    lengths: lengths.subarray(row, row + 1),
    ...(prefixLengths && { prefixLengths }),
  };
}
