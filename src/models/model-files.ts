import { StartupError } from "../errors.ts";
import {
  listDtypes,
  type PickedWeights,
  pickWeights,
  type WeightsChoice,
} from "./weights/pick-weights.ts";
import { listWeightFiles } from "./weights/weight-files.ts";

/** The name of the file that describes a model: its type and limits. */
export const configFile = "config.json";
/** The tokenizer in the format of Hugging Face's `tokenizers`. */
export const tokenizerFile = "tokenizer.json";
/** Optional: the tokenizer's settings, among them its longest input. */
export const tokenizerConfigFile = "tokenizer_config.json";
/** Optional: the model card, whose first lines name the licence. */
export const modelCardFile = "README.md";
/** Optional: the template of a reranker that was made from a language model. */
export const templateFile = "rerankd.json";

const optionalFiles = [
  modelCardFile,
  "added_tokens.json",
  "config_sentence_transformers.json",
  "modules.json",
  templateFile,
  "special_tokens_map.json",
  tokenizerConfigFile,
];

/** The files of a model that the server needs. */
export interface ModelFiles {
  readonly weights: PickedWeights;
  /**
   * Every needed file in the order to fetch it, but for what the graph names: the ONNX file last,
   * so where it is, the others are.
   */
  readonly paths: readonly string[];
}

/** Conversions of models that have no ONNX file of their own. */
const conversions: Readonly<Record<string, string>> = {
  "BAAI/bge-reranker-v2-m3": "onnx-community/bge-reranker-v2-m3-ONNX",
  "Qwen/Qwen3-Reranker-0.6B": "onnx-community/Qwen3-Reranker-0.6B-ONNX",
  "Alibaba-NLP/gte-multilingual-reranker-base": "onnx-community/gte-multilingual-reranker-base",
};

const pytorchFile = /\.(safetensors|bin|pt|pth)$/;

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
  return {
    weights,
    paths: [
      ...optionalFiles.filter((file) => present.has(file)),
      tokenizerFile,
      configFile,
      weights.path,
    ],
  };
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
  choice: WeightsChoice,
): StartupError {
  const { dtype, device } = choice;
  const files = listWeightFiles(paths);
  if (files.length === 0) return missingOnnx(model, paths);
  const dtypes = listDtypes(paths);
  if (dtypes.length === 0) {
    const names = files.map(({ path }) => path).join(", ");
    return new StartupError(`\`${model}\` has no ONNX file with a name that is known here`, {
      hint: `there are: ${names}; choose one with --onnx-file`,
    });
  }
  const wanted = dtype === "auto" ? `dtype \`auto\` on ${device}` : `dtype \`${dtype}\``;
  return new StartupError(`\`${model}\` has no ONNX file for ${wanted}`, {
    hint: `there are: ${dtypes.join(", ")}; choose one with --dtype`,
  });
}

function missingOnnx(model: string, paths: readonly string[]): StartupError {
  const converted = Object.hasOwn(conversions, model) ? conversions[model] : undefined;
  const exportCommand = `\`optimum-cli export onnx --model ${model} --task text-classification DIR\``;
  if (converted !== undefined) {
    return new StartupError(`\`${model}\` has no ONNX file, only PyTorch weights`, {
      hint: `serve its conversion ${converted}, or export one with ${exportCommand}`,
    });
  }
  if (paths.some((path) => pytorchFile.test(path))) {
    return new StartupError(`\`${model}\` has no ONNX file, only PyTorch weights`, {
      hint: `export one with ${exportCommand}, and serve DIR`,
    });
  }
  return new StartupError(`\`${model}\` has no ONNX file`, {
    hint: `choose a model with onnx/model.onnx, or export one with ${exportCommand}`,
  });
}
