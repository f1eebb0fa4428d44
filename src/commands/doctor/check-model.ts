import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { EngineConfig } from "../../config/engine-config.ts";
import { chooseDevice } from "../../engine/choose-device.ts";
import { isHubId } from "../../models/hub/hub-cache.ts";
import { type HubOptions, readHubOptions } from "../../models/hub/hub-options.ts";
import { configFile, tokenizerFile } from "../../models/model-files.ts";
import type { ModelDirectory } from "../../models/open-model.ts";
import { findCached, type ResolvedModel, resolveModel } from "../../models/resolve-model.ts";
import { findDamagedFile } from "../../models/weights/verify-weights.ts";
import { bundledModelDirectory } from "../../package-root.ts";
import type { ProcessContext } from "../process-context.ts";
import { type Check, hintOf, messageOf } from "./check.ts";

/** A file of a model, as `--json` lists it. */
export interface FileFacts {
  readonly path: string;
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** The result of the check of the model. */
export interface ModelCheck {
  readonly check: Check & { readonly files?: readonly FileFacts[] };
  /** undefined: it cannot be served without a download, or at all. */
  readonly model: ModelDirectory | undefined;
  /** Bytes of the weights of a model that is here. */
  readonly weightBytes: number | undefined;
  /** Whether the model has to be fetched from the hub. */
  readonly needsHub: boolean;
}

const name = "model";

/**
 * Finds the model that would be served and reads its files to the end: those of the hub's cache must
 * have the bytes that the hub gave. Fetches nothing.
 */
export async function checkModel(
  config: EngineConfig,
  { env, stop }: Pick<ProcessContext, "env" | "stop">,
): Promise<ModelCheck> {
  try {
    const hub = await readHubOptions(env);
    const resolved = await findModel(config, hub, stop);
    if (resolved === undefined) {
      const found = `${config.modelId} is not in the cache with the weights that were asked for`;
      const advice = `\`rerankd serve\` fetches it at the first start; \`rerankd pull ${config.modelId}\` does so beforehand`;
      return without({ name, state: "warning", found, advice }, true);
    }
    return await checkFiles(resolved, stop);
  } catch (error) {
    stop.throwIfAborted();
    return without({ name, state: "fault", found: messageOf(error), advice: hintOf(error) }, false);
  }
}

/** Returns the model; undefined where it would have to be fetched. */
async function findModel(
  config: EngineConfig,
  hub: HubOptions,
  signal: AbortSignal,
): Promise<ResolvedModel | undefined> {
  const { modelId, revision, positiveLabel, prompt } = config;
  const { weights } = chooseDevice(config);
  // A hub with the getters of the first: where the cache lies is found out only if it matters.
  const withoutNetwork: HubOptions = Object.create(hub, { offline: { value: true } });
  const finding = resolveModel({
    modelId,
    revision,
    ...weights,
    positiveLabel,
    prompt,
    hub: withoutNetwork,
    bundledDirectory: bundledModelDirectory(),
    signal,
  });
  return await finding.catch(async (error: unknown) => {
    if (modelId === undefined || !isHubId(modelId) || hub.offline) throw error;
    if (existsSync(resolve(modelId))) throw error;
    const cached = await findCached({ revision, ...weights, hub }, modelId);
    if (cached === undefined || cached.fault !== undefined) return undefined;
    throw error;
  });
}

async function checkFiles(
  { model, source }: ResolvedModel,
  signal: AbortSignal,
): Promise<ModelCheck> {
  const paths = [configFile, tokenizerFile, ...model.weightPaths];
  const files: FileFacts[] = [];
  for (const path of paths) files.push(await factsOf(model, path, signal));
  const weightBytes = files
    .filter(({ path }) => model.weightPaths.includes(path))
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const damaged = await findDamagedFile(model, paths);
  const check: Check =
    damaged === undefined
      ? {
          name,
          state: "ok",
          found: `${model.name} (${source}), ${model.dtype}, ${model.directory}`,
        }
      : {
          name,
          state: "fault",
          found: `\`${damaged}\` of ${model.name} does not have the bytes that the hub gave`,
          advice: `fetch it again with \`rerankd pull --verify ${model.name}\``,
        };
  return { check: { ...check, files }, model, weightBytes, needsHub: false };
}

async function factsOf(
  { directory }: ModelDirectory,
  path: string,
  signal: AbortSignal,
): Promise<FileFacts> {
  const file = join(directory, path);
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash, { signal });
  return { path, sizeBytes: (await stat(file)).size, sha256: hash.digest("hex") };
}

function without(check: Check, needsHub: boolean): ModelCheck {
  return { check, model: undefined, weightBytes: undefined, needsHub };
}
