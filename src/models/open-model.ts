import { readdir, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { StartupError } from "../errors.ts";
import type { WeightFormat } from "../onnx/quantization.ts";
import { type CausalFacts, readCausalFacts } from "./causal-model.ts";
import { readLicense } from "./license.ts";
import {
  type ActivationFacts,
  readModelActivation,
  readSentenceTransformersConfig,
} from "./model-activation.ts";
import { type ModelConfig, readModelConfig, readModelFolder } from "./model-config.ts";
import {
  modelCardFile,
  selectModelFiles,
  tokenizerConfigFile,
  tokenizerFile,
} from "./model-files.ts";
import { checkFamily } from "./model-type.ts";
import { readPositiveLabel } from "./positive-label.ts";
import { type PromptOptions, readModelPrompt } from "./prompt/model-prompt.ts";
import type { ModelPrompt } from "./prompt/prompt-templates.ts";
import { checkJsonEdges } from "./read-model-file.ts";
import { checkExternalFiles, readWeights } from "./weights/onnx-weights.ts";
import type { PickedWeights, WeightsChoice } from "./weights/pick-weights.ts";

/** A model on this machine, its files found and checked. */
export interface ModelDirectory {
  /** The name to serve it under: its hub id, or the folder's name. */
  readonly name: string;
  /** The folder, absolute. */
  readonly directory: string;
  /** The commit on the hub, 40 hex digits; absent for local folders. */
  readonly revision?: string;
  /** What the weights are, by what the file holds. */
  readonly dtype: WeightFormat;
  /** Whether each row of a batch must be computed alone. */
  readonly rowByRow: boolean;
  readonly onnxPath: string;
  /** Every file that holds weights, the ONNX file first, as paths inside the model. */
  readonly weightPaths: readonly string[];
  readonly tokenizerPath: string;
  readonly config: ModelConfig;
  /** What the model's authors apply to its logit. */
  readonly activation: ActivationFacts;
  /** Which of two outputs means "relevant"; absent for a model with one. */
  readonly positiveLabel?: number;
  /** How the logits of a causal language model become a score; absent for other graphs. */
  readonly causal?: CausalFacts;
  /** What stands around the texts of a pair; absent: nothing but special tokens. */
  readonly prompt?: ModelPrompt;
  /** What the operator should know, in one sentence each. */
  readonly notes: readonly string[];
}

/** How to open a model. */
export interface OpenModelOptions extends WeightsChoice {
  readonly name: string;
  /** An absolute path. */
  readonly directory: string;
  readonly revision?: string;
  /** Name or number of the output that means "relevant", for a model with two. */
  readonly positiveLabel?: string | undefined;
  /** The operator's settings for the prompt. Default: as the model's files say. */
  readonly prompt?: PromptOptions | undefined;
  /**
   * Folders that links of the model may lead into. Default: anywhere, as the folder is the
   * operator's own.
   */
  readonly linkRoots?: readonly string[];
}

/** Deepest folder of a model that is looked into: `onnx/` and what some conversions put below it. */
const maxFolderDepth = 3;

/**
 * Finds and checks the files of a model. Of the weights only the description of the graph is read.
 * Throws a StartupError that names the file and what is wrong with it.
 */
export async function openModel(options: OpenModelOptions): Promise<ModelDirectory> {
  const { name, directory, revision, linkRoots } = options;
  const present = await listModelFiles(directory);
  const { weights: picked, paths } = selectModelFiles(name, present, options);
  if (linkRoots !== undefined) await checkLinks(directory, paths, linkRoots);
  const folder = await readModelFolder(directory, paths.includes(tokenizerConfigFile));
  checkFamily(name, folder.config);

  const weights = await readWeights(directory, picked.path);
  await checkExternalFiles(directory, weights);
  const externalPaths = weights.externalFiles.map(({ path }) => path);
  if (linkRoots !== undefined) await checkLinks(directory, externalPaths, linkRoots);
  await checkJsonEdges(directory, tokenizerFile);
  const config = readModelConfig(directory, folder, weights.file);
  const license = await readLicense(name, directory, paths.includes(modelCardFile));
  const sentenceTransformers = await readSentenceTransformersConfig(directory, present);
  const positiveLabel = readPositiveLabel({
    model: name,
    graph: weights.file,
    labels: config.isCausal ? [] : config.labels,
    wanted: options.positiveLabel,
  });
  const prompt = await readModelPrompt({
    model: name,
    directory,
    present,
    sentenceTransformers,
    isDecoder: config.isDecoder,
    options: options.prompt ?? {},
  });
  const causal = config.isCausal ? readCausalFacts(name, weights.file, prompt) : undefined;
  return {
    name,
    directory,
    ...(revision === undefined ? {} : { revision }),
    dtype: weights.format,
    rowByRow: weights.rowByRow,
    onnxPath: join(directory, weights.path),
    weightPaths: [weights.path, ...externalPaths],
    tokenizerPath: join(directory, tokenizerFile),
    config: license === undefined ? config : { ...config, license },
    activation: readModelActivation(folder, sentenceTransformers),
    ...(positiveLabel === undefined ? {} : { positiveLabel }),
    ...(prompt === undefined ? {} : { prompt }),
    ...(causal === undefined ? {} : { causal }),
    notes: notesOf(picked, weights.format),
  };
}

/** Formats that count as one: what is asked for as one of them may be another. */
const alike: readonly (readonly string[])[] = [
  ["int8", "uint8", "q8"],
  ["q4", "q4f16", "bnb4"],
];

function notesOf({ path, dtype, reason }: PickedWeights, format: WeightFormat): string[] {
  const isAlike =
    dtype === undefined ||
    dtype === format ||
    alike.some((formats) => formats.includes(dtype) && formats.includes(format));
  const choice = `using ${path} (${format}): ${reason}`;
  return isAlike ? [choice] : [choice, `${path} holds ${format}, though its name says ${dtype}`];
}

/**
 * Returns the names of the files in a model's folder and the folders in it, with `/`, hidden ones
 * left out. A folder that is not there throws.
 */
export async function listModelFiles(directory: string): Promise<string[]> {
  const found = await listFolder(directory, "", 1).catch((cause) => {
    throw new StartupError(`cannot read the model folder ${directory}`, {
      hint: "check the path given to --model-id",
      cause,
    });
  });
  return found;
}

async function listFolder(directory: string, prefix: string, depth: number): Promise<string[]> {
  const entries = await readdir(join(directory, prefix), { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = `${prefix}${entry.name}`;
    const isFolder =
      entry.isDirectory() || (entry.isSymbolicLink() && (await leadsToFolder(directory, path)));
    if (!isFolder) found.push(path);
    else if (depth < maxFolderDepth) {
      found.push(...(await listFolder(directory, `${path}/`, depth + 1).catch(() => [])));
    }
  }
  return found;
}

async function leadsToFolder(directory: string, path: string): Promise<boolean> {
  const target = await stat(join(directory, path)).catch(() => undefined);
  return target?.isDirectory() ?? false;
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
