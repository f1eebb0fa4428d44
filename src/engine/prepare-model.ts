import type { EngineConfig } from "../config/engine-config.ts";
import { StartupError } from "../errors.ts";
import type { Device, DeviceName } from "../inference/devices.ts";
import type { DownloadProgress } from "../models/hub/hub-download.ts";
import { readHubOptions } from "../models/hub/hub-options.ts";
import type { ModelDirectory } from "../models/open-model.ts";
import { type ResolvedModel, resolveModel } from "../models/resolve-model.ts";
import { explainLoadError } from "../models/weights/verify-weights.ts";
import { bundledModelDirectory } from "../package-root.ts";
import {
  type ActivationChoice,
  type Activations,
  chooseActivations,
} from "../reranker/activation.ts";
import type { Logger } from "../telemetry/log.ts";
import { chooseDevice } from "./choose-device.ts";
import { chooseWorkers } from "./choose-workers.ts";
import { createEngine, type Engine, type EngineOptions } from "./engine.ts";

/** The dependencies of prepareModel besides the config. */
export interface PrepareContext {
  /** Environment variables of the hub. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Called with the progress of a download. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Ends a download. */
  readonly signal: AbortSignal;
}

/** A model whose files are present, and how to run it. */
export interface PreparedModel {
  readonly model: ModelDirectory;
  /** The names under which requests may ask for it; the first is its own. */
  readonly names: readonly [string, ...string[]];
  readonly source: ResolvedModel["source"];
  readonly device: DeviceName;
  /** The first device that is tried; the weights suit it. */
  readonly firstDevice: Device;
  /** Longest pair in tokens. */
  readonly maxLength: number;
  /** The functions that turn logits into scores. */
  readonly activations: Activations;
}

/**
 * Finds the model, downloads it if need be, and logs which it is. Rejects with a StartupError that
 * says what to do.
 */
export async function prepareModel(
  config: EngineConfig,
  { env, log, onProgress, signal }: PrepareContext,
): Promise<PreparedModel> {
  const { device, weights } = chooseDevice(config);
  const { model, source, notice, choice } = await resolveModel({
    modelId: config.modelId,
    revision: config.revision,
    ...weights,
    positiveLabel: config.positiveLabel,
    prompt: config.prompt,
    hub: await readHubOptions(env),
    bundledDirectory: bundledModelDirectory(),
    ...(onProgress ? { onProgress } : {}),
    signal,
  });
  if (choice) log.info({}, choice);
  if (notice) log.warn({ model: model.name }, notice);
  log.info({ model: model.name, source, dtype: model.dtype }, "loading");
  for (const note of model.notes) log.info({ model: model.name }, note);
  const maxLength = chooseMaxLength({
    asked: config.maxLength,
    modelLimit: model.config.maxPositionTokens,
  });
  const activations = activationsOf(config, model);
  if (config.activation === "auto" && model.activation.note !== undefined) {
    log.warn({ model: model.name }, model.activation.note);
  }
  const names = [config.name ?? model.name, ...config.servedModelNames] as const;
  return { model, names, source, device, firstDevice: weights.device, maxLength, activations };
}

function activationsOf({ activation: choice }: EngineConfig, model: ModelDirectory): Activations {
  const { activation, note } = model.activation;
  if (choice === "model" && note !== undefined) {
    throw new StartupError(`--activation model cannot be had of \`${model.name}\`: ${note}`, {
      hint: "choose --activation sigmoid, or none for the logits",
    });
  }
  return chooseActivations(choice as ActivationChoice, activation);
}

/**
 * Loads a prepared model, with those who observe its runs and changes. Rejects as `createEngine`
 * does; where that is for wrong bytes in the hub's cache, with a StartupError that says so.
 */
export async function startEngine(
  config: EngineConfig,
  prepared: PreparedModel,
  options: Pick<EngineOptions, "onBatch" | "observer" | "refuseDuringOutage" | "share"> = {},
): Promise<Engine> {
  const { workers, threads, spinning, maxBatchTokens, cacheMb } = config;
  const { model, names, device, firstDevice, maxLength, activations } = prepared;
  const plan = await chooseWorkers(model, { workers, threads, device: firstDevice });
  return await createEngine({
    model,
    device,
    plan,
    maxLength,
    spinning,
    activations,
    limits: config,
    servedModels: names,
    admission: config,
    cacheMb,
    maxBatchTokens,
    ...options,
  }).catch(async (error: unknown) => {
    throw await explainLoadError(error, model);
  });
}

/** What the longest pair depends on. */
export interface LengthOptions {
  /** Longest pair that was asked for, in tokens; undefined: none was. */
  readonly asked: number | undefined;
  /** Longest pair that the model can read, in tokens; undefined: its files do not say. */
  readonly modelLimit: number | undefined;
}

/** Longest pair in tokens where none is asked for: that of the guide's server. */
const defaultMaxLength = 512;

/**
 * Returns the longest pair in tokens. Default: 512, or the model's own limit where that is lower.
 * Throws a StartupError if more was asked for than the model has positions for.
 */
export function chooseMaxLength({ asked, modelLimit }: LengthOptions): number {
  if (asked === undefined) return Math.min(defaultMaxLength, modelLimit ?? defaultMaxLength);
  if (modelLimit === undefined || asked <= modelLimit) return asked;
  throw new StartupError(
    `--max-length must be at most the model's own limit of ${modelLimit}, got: \`${asked}\``,
  );
}
