import { StartupError } from "../errors.ts";
import { listDtypes, type PickedWeights, pickWeights, type WeightsChoice } from "./dtypes.ts";

/** The model's description: its type and limits. */
export const configFile = "config.json";
/** The tokenizer in the format of Hugging Face's `tokenizers`. */
export const tokenizerFile = "tokenizer.json";
/** Optional: the tokenizer's settings, among them its longest input. */
export const tokenizerConfigFile = "tokenizer_config.json";
/** Optional: the model card, whose first lines name the licence. */
export const modelCardFile = "README.md";

const optionalFiles = [modelCardFile, "special_tokens_map.json", tokenizerConfigFile];

/** The files of a model that the server needs. */
export interface ModelFiles {
  readonly weights: PickedWeights;
  /**
   * Every needed file in the order to fetch it: the ONNX file last, so where it is, the others are.
   */
  readonly paths: readonly string[];
}

/**
 * Returns the needed ones of a model's files. Throws a StartupError that names `model` if one is
 * missing; for weights of a type that the model does not have, its hint lists those that it has.
 */
export function selectModelFiles(
  model: string,
  paths: readonly string[],
  choice: WeightsChoice,
): ModelFiles {
  const present = new Set(paths);
  const weights = pickWeights(paths, choice);
  if (weights === undefined) throw missingWeights(model, paths, choice);
  for (const file of [configFile, tokenizerFile]) {
    if (!present.has(file)) throw missingFile(model, file);
  }
  const externalData = paths.filter((path) => isExternalData(path, weights.path)).sort();
  return {
    weights,
    paths: [
      ...optionalFiles.filter((file) => present.has(file)),
      ...externalData,
      tokenizerFile,
      configFile,
      weights.path,
    ],
  };
}

/** ONNX keeps weights over 2 GB beside the graph, in `<file>_data`, `<file>_data_1` and so on. */
function isExternalData(path: string, onnxPath: string): boolean {
  return path.startsWith(`${onnxPath}_data`) && /^(_\d+)?$/.test(path.slice(onnxPath.length + 5));
}

function missingFile(model: string, file: string): StartupError {
  return new StartupError(`\`${model}\` has no ${file}`, {
    hint:
      file === tokenizerFile
        ? "save the tokenizer as a fast one: tokenizer.save_pretrained() of Python's transformers writes tokenizer.json"
        : "choose a model folder as transformers.js uses it: config.json, tokenizer.json, onnx/model.onnx",
  });
}

function missingWeights(
  model: string,
  paths: readonly string[],
  { dtype, device }: WeightsChoice,
): StartupError {
  const dtypes = listDtypes(paths);
  if (dtypes.length === 0) {
    return new StartupError(`\`${model}\` has no ONNX file`, {
      hint: "choose a model with onnx/model.onnx, or export one with `optimum-cli export onnx`",
    });
  }
  const wanted = dtype === "auto" ? `dtype \`auto\` on ${device}` : `dtype \`${dtype}\``;
  return new StartupError(`\`${model}\` has no ONNX file for ${wanted}`, {
    hint: `there are: ${dtypes.join(", ")}; choose one with --dtype`,
  });
}
