import { readdir, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { StartupError } from "../errors.ts";
import type { ModelDtype, WeightsChoice } from "./dtypes.ts";
import { readLicense } from "./license.ts";
import { type ModelConfig, readModelConfig } from "./model-config.ts";
import {
  modelCardFile,
  selectModelFiles,
  tokenizerConfigFile,
  tokenizerFile,
} from "./model-files.ts";
import { checkHead, checkJsonEdges } from "./read-model-file.ts";

/** A model on this machine, its files found and checked. */
export interface ModelDirectory {
  /** The name to serve it under: its hub id, or the folder's name. */
  readonly name: string;
  /** The folder, absolute. */
  readonly directory: string;
  /** The commit on the hub, 40 hex digits; absent for local folders. */
  readonly revision?: string;
  /** What the weights are. */
  readonly dtype: ModelDtype;
  readonly onnxPath: string;
  readonly tokenizerPath: string;
  /** Absent if the model has no tokenizer_config.json. */
  readonly tokenizerConfigPath?: string;
  readonly config: ModelConfig;
}

/** How to open a model. */
export interface OpenModelOptions extends WeightsChoice {
  readonly name: string;
  /** An absolute path. */
  readonly directory: string;
  readonly revision?: string;
  /**
   * Folders that links of the model may lead into. Default: anywhere, as the folder is the
   * operator's own.
   */
  readonly linkRoots?: readonly string[];
}

/**
 * Finds and checks the files of a model. Weights are not read: a damaged ONNX file shows when the
 * session is made. Throws a StartupError that names the file and what is wrong with it.
 */
export async function openModel(options: OpenModelOptions): Promise<ModelDirectory> {
  const { name, directory, revision, linkRoots } = options;
  const present = await listModelFiles(directory);
  const { weights, paths } = selectModelFiles(name, present, options);
  if (linkRoots !== undefined) await checkLinks(directory, paths, linkRoots);

  await checkHead(directory, weights.path);
  await checkJsonEdges(directory, tokenizerFile);
  const hasTokenizerConfig = paths.includes(tokenizerConfigFile);
  const config = await readModelConfig(directory, hasTokenizerConfig);
  const license = await readLicense(name, directory, paths.includes(modelCardFile));
  return {
    name,
    directory,
    ...(revision === undefined ? {} : { revision }),
    dtype: weights.dtype,
    onnxPath: join(directory, weights.path),
    tokenizerPath: join(directory, tokenizerFile),
    ...(hasTokenizerConfig ? { tokenizerConfigPath: join(directory, tokenizerConfigFile) } : {}),
    config: license === undefined ? config : { ...config, license },
  };
}

/**
 * Returns the names of the files in a model's folder and its `onnx/`, with `/`. A folder that is
 * not there throws.
 */
export async function listModelFiles(directory: string): Promise<string[]> {
  const top = await readdir(directory).catch((cause) => {
    throw new StartupError(`cannot read the model folder ${directory}`, {
      hint: "check the path given to --model-id",
      cause,
    });
  });
  const onnx = await readdir(join(directory, "onnx")).catch(() => []);
  return [...top, ...onnx.map((file) => `onnx/${file}`)];
}

async function checkLinks(
  directory: string,
  paths: readonly string[],
  linkRoots: readonly string[],
): Promise<void> {
  const roots = await Promise.all(linkRoots.map((root) => realpath(root).catch(() => root)));
  for (const path of paths) {
    const target = await realpath(join(directory, path)).catch((cause) => {
      throw new StartupError(`${join(directory, path)} leads to no file`, {
        hint: "fetch the model again with `rerankd pull`",
        cause,
      });
    });
    if (!roots.some((root) => isInside(root, target))) {
      throw new StartupError(`${join(directory, path)} leads out of the model's folder`, {
        hint: "remove the link and fetch the model again with `rerankd pull`",
      });
    }
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
