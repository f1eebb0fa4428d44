import { stat } from "node:fs/promises";
import { basename, isAbsolute, join, resolve } from "node:path";
import { StartupError } from "../errors.ts";
import { sizeOf } from "./hub/blob-download.ts";
import { cacheLinkRoots, findSnapshot, isHubId, type Snapshot } from "./hub/hub-cache.ts";
import { type DownloadModelOptions, defaultRevision, downloadModel } from "./hub/hub-download.ts";
import { defaultOfflineVariable, expandHome, type HubOptions } from "./hub/hub-options.ts";
import { licenseNotice } from "./license.ts";
import { configFile, tokenizerFile } from "./model-files.ts";
import { listModelFiles, type ModelDirectory, openModel } from "./open-model.ts";
import type { PromptOptions } from "./prompt/model-prompt.ts";
import { checkExternalFiles, readWeights } from "./weights/onnx-weights.ts";
import { pickWeights, type WeightsChoice } from "./weights/pick-weights.ts";

/** The default model: served if none is named and the cache has it. */
export const defaultModelId = "jinaai/jina-reranker-v2-base-multilingual";

/** The name that asks for the model in the package. */
export const bundledModelId = "bundled";

/** Which model to serve, and where models are. */
export interface ResolveModelOptions
  extends WeightsChoice,
    Pick<
      DownloadModelOptions,
      "fetch" | "fileSystem" | "onProgress" | "retryPolicy" | "signal" | "stallTimeoutMs"
    > {
  /**
   * A hub id, a folder or `bundled`. Default: `defaultModelId` if it is in the cache, else the
   * bundled model.
   */
  readonly modelId?: string | undefined;
  /** A branch, a tag or a commit on the hub. Default: `main`. */
  readonly revision?: string | undefined;
  /** Name or number of the output that means "relevant", for a model with two. */
  readonly positiveLabel?: string | undefined;
  /** The operator's settings for the prompt. */
  readonly prompt?: PromptOptions | undefined;
  readonly hub: HubOptions;
  /** The folder of the model in the package. */
  readonly bundledDirectory: string;
}

/** The model to serve. */
export interface ResolvedModel {
  readonly model: ModelDirectory;
  readonly source: "bundled" | "cache" | "folder" | "download";
  /** What to log once about the licence; absent if it forbids nothing that a server does. */
  readonly notice?: string;
  /** What to log once if no model was named: which one is served and how to get the other. */
  readonly choice?: string;
}

/**
 * Returns the model to serve. A named model is served or the promise rejects: there is no
 * substitute. A model that is in the cache with weights of the wanted type needs no network.
 * Rejects with a StartupError that says what to do.
 */
export async function resolveModel(options: ResolveModelOptions): Promise<ResolvedModel> {
  const { modelId, revision, hub } = options;
  const fromHub = modelId !== undefined && modelId !== bundledModelId;
  if (revision !== undefined && !fromHub) {
    throw new StartupError("--revision needs a hub id in --model-id", {
      isUsage: true,
      hint: `for example --model-id ${defaultModelId} --revision ${revision}`,
    });
  }
  if (modelId === undefined) return resolveDefault(options);
  if (modelId === bundledModelId) return openBundled(options);
  const folder = await findFolder(modelId, hub);
  if (folder !== undefined) return openFolder(options, folder);
  if (isHubId(modelId)) return resolveHubModel(options, modelId);
  throw new StartupError(
    `--model-id (or its variable) must be a hub id, a folder or \`bundled\`, got: \`${modelId}\``,
    {
      isUsage: true,
      hint: `a hub id is written owner/name, for example ${defaultModelId}; a folder starts with ./ or /`,
    },
  );
}

async function resolveDefault(options: ResolveModelOptions): Promise<ResolvedModel> {
  const cached = await findCached(options, defaultModelId);
  if (cached !== undefined && cached.fault === undefined) {
    const resolved = await openSnapshot(options, defaultModelId, cached, "cache");
    const choice = `serving ${defaultModelId} from the cache; for the bundled model set --model-id bundled`;
    return { ...resolved, choice };
  }
  const resolved = await openBundled(options);
  const choice = `serving the bundled model ${resolved.model.name}; for ${defaultModelId} run \`rerankd pull ${defaultModelId}\``;
  return { ...resolved, choice };
}

async function resolveHubModel(options: ResolveModelOptions, id: string): Promise<ResolvedModel> {
  const { hub } = options;
  const cached = await findCached(options, id);
  const isWhole = cached !== undefined && cached.fault === undefined;
  if (isWhole && cached.preferred) return openSnapshot(options, id, cached, "cache");
  if (hub.offline) {
    if (isWhole) return openSnapshot(options, id, cached, "cache");
    const { revision = defaultRevision } = options;
    const which = revision === defaultRevision ? "" : ` at revision \`${revision}\``;
    const problem = cached === undefined ? "is not in the cache" : "is not whole in the cache";
    const fault = cached?.fault === undefined ? "" : `: ${cached.fault.message}`;
    const variable = hub.offlineVariable ?? defaultOfflineVariable;
    throw new StartupError(`\`${id}\`${which} ${problem}, and ${variable} is set${fault}`, {
      hint: `unset ${variable}, or copy the model's folder into ${hub.cacheDirectory} from a machine that ran \`rerankd pull ${id}\``,
    });
  }
  const verify = cached?.fault !== undefined;
  return openSnapshot(options, id, await downloadModel({ ...options, id, verify }), "download");
}

/** A model's files in the cache. */
interface CachedModel extends Snapshot {
  /** As in PickedWeights. */
  readonly preferred: boolean;
  /** What is missing or wrong; undefined for a model that is whole. */
  readonly fault: Error | undefined;
}

/** Finds a snapshot that has weights of the wanted type. */
export async function findCached(
  options: Pick<ResolveModelOptions, "hub" | "revision" | keyof WeightsChoice>,
  id: string,
): Promise<CachedModel | undefined> {
  const { hub, revision = defaultRevision } = options;
  const snapshot = await findSnapshot(hub.cacheDirectory, id, revision);
  if (snapshot === undefined) return undefined;
  const weights = pickWeights(await listModelFiles(snapshot.directory), options);
  if (weights === undefined) return undefined;
  const fault = await findFault(snapshot.directory, weights.path);
  return { ...snapshot, preferred: weights.preferred, fault };
}

async function findFault(directory: string, onnxPath: string): Promise<Error | undefined> {
  for (const file of [configFile, tokenizerFile]) {
    if ((await sizeOf(join(directory, file))) === undefined) {
      return new StartupError(`${file} is missing`);
    }
  }
  try {
    await checkExternalFiles(directory, await readWeights(directory, onnxPath));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function openSnapshot(
  options: ResolveModelOptions,
  name: string,
  { directory, commit }: Snapshot,
  source: "cache" | "download",
): Promise<ResolvedModel> {
  const linkRoots = cacheLinkRoots(options.hub.cacheDirectory, name);
  const model = await openModel({
    ...openOptionsOf(options),
    name,
    directory,
    revision: commit,
    linkRoots,
  });
  return withNotice(model, source);
}

async function openBundled(options: ResolveModelOptions): Promise<ResolvedModel> {
  const directory = resolve(options.bundledDirectory);
  if ((await sizeOf(directory)) === undefined) {
    throw new StartupError(`the bundled model is not at ${directory}`, {
      hint: "install the package again, or name another model with --model-id",
    });
  }
  const name = basename(directory);
  return withNotice(await openModel({ ...openOptionsOf(options), name, directory }), "bundled");
}

async function openFolder(options: ResolveModelOptions, directory: string): Promise<ResolvedModel> {
  const { revision } = options;
  if (revision !== undefined) {
    throw new StartupError(`--revision needs a hub id in --model-id, got the folder ${directory}`, {
      isUsage: true,
      hint: "leave --revision out",
    });
  }
  const name = basename(directory);
  return withNotice(await openModel({ ...openOptionsOf(options), name, directory }), "folder");
}

/** Returns the folder that a name means: one that exists, or one that is written as a path. */
async function findFolder(modelId: string, hub: HubOptions): Promise<string | undefined> {
  if (modelId === "") return undefined;
  const path = resolve(expandHome(modelId, () => hub.homeDirectory));
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return path;
  if (!/^[.~]/.test(modelId) && !isAbsolute(modelId)) return undefined;
  const what = found === undefined ? "does not exist" : "is not a folder";
  throw new StartupError(`the model folder ${path} ${what}`, {
    hint: "set --model-id to the folder that holds config.json, tokenizer.json and onnx/",
  });
}

function openOptionsOf(options: ResolveModelOptions) {
  const { dtype, device, onnxFile, positiveLabel, prompt } = options;
  return { dtype, device, onnxFile, positiveLabel, prompt };
}

function withNotice(model: ModelDirectory, source: ResolvedModel["source"]): ResolvedModel {
  const notice = licenseNotice(model.config.license);
  return { model, source, ...(notice === undefined ? {} : { notice }) };
}
