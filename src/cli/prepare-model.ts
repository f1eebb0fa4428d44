import type { EngineConfig } from "../config/engine-config.ts";
import type { DeviceName } from "../inference/devices.ts";
import type { DownloadProgress } from "../models/hub-download.ts";
import { readHubOptions } from "../models/hub-options.ts";
import type { ModelDirectory } from "../models/open-model.ts";
import { resolveModel } from "../models/resolve-model.ts";
import type { Logger } from "../telemetry/log.ts";
import { chooseMaxLength } from "./choose-max-length.ts";
import { type ChosenWeights, chooseWeights } from "./choose-weights.ts";
import { createEngine, type Engine, type EngineOptions } from "./engine.ts";
import { bundledModelDirectory } from "./package-root.ts";

/** What finding a model needs beside the wish. */
export interface PrepareContext {
  /** Environment variables of the hub. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Hears how far a download is. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Ends a download. */
  readonly signal: AbortSignal;
}

/** A model whose files are there, and how to run it. */
export interface PreparedModel {
  readonly model: ModelDirectory;
  readonly device: DeviceName;
  /** The kind of device that the weights were chosen for. */
  readonly weightsDevice: ChosenWeights["weights"]["device"];
  /** Longest pair in tokens. */
  readonly maxLength: number;
}

/**
 * Finds the model, downloads it if need be, and logs which it is. Rejects with a StartupError that
 * says what to do.
 */
export async function prepareModel(
  config: EngineConfig,
  { env, log, onProgress, signal }: PrepareContext,
): Promise<PreparedModel> {
  const { device, weights } = chooseWeights(config);
  const { model, source, notice, choice } = await resolveModel({
    modelId: config.modelId,
    revision: config.revision,
    ...weights,
    hub: await readHubOptions(env),
    bundledDirectory: bundledModelDirectory(),
    ...(onProgress ? { onProgress } : {}),
    signal,
  });
  if (choice) log.info({}, choice);
  if (notice) log.warn({ model: model.name }, notice);
  log.info({ model: model.name, source, dtype: model.dtype }, "loading");
  const maxLength = chooseMaxLength({
    asked: config.maxLength,
    modelLimit: model.config.maxPositionTokens,
    isBundled: source === "bundled",
  });
  return { model, device, weightsDevice: weights.device, maxLength };
}

/** Loads a prepared model, with those who observe its runs and changes. Rejects as `createEngine`. */
export function startEngine(
  config: EngineConfig,
  prepared: PreparedModel,
  options: Pick<EngineOptions, "onBatch" | "observer" | "refuseDuringOutage"> = {},
): Promise<Engine> {
  const { threads, spinning, maxBatchTokens, servedModelNames, cacheMb } = config;
  const { model, device, maxLength } = prepared;
  return createEngine({
    model,
    device,
    maxLength,
    threads,
    spinning,
    limits: config,
    servedModels: [model.name, ...servedModelNames],
    admission: config,
    cacheMb,
    maxBatchTokens,
    ...options,
  });
}
