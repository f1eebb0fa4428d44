/** Types of weights that can be asked for, as transformers.js names them. */
export const modelDtypes = ["fp32", "fp16", "int8", "uint8", "q8", "q4", "q4f16", "bnb4"] as const;

/** A type of weights. */
export type ModelDtype = (typeof modelDtypes)[number];

/** A type of weights, or `auto` for the one that suits the device. */
export type DtypeChoice = ModelDtype | "auto";

/** Where the model runs. */
export type ModelDevice = "cpu" | "cuda" | "webgpu";

/** What is wanted of a model's weights. */
export interface WeightsChoice {
  readonly dtype: DtypeChoice;
  /** Decides what `auto` means. */
  readonly device: ModelDevice;
}

/** The ONNX file that answers a WeightsChoice. */
export interface PickedWeights {
  /** The file's path inside the model, with `/`. */
  readonly path: string;
  /** What the weights are; `model_quantized.onnx` is `int8`. */
  readonly dtype: ModelDtype;
  /** False if `auto` had to take what the device runs only slowly. */
  readonly preferred: boolean;
}

const dtypeOfFile: Readonly<Record<string, ModelDtype>> = {
  "model.onnx": "fp32",
  "model_fp16.onnx": "fp16",
  "model_quantized.onnx": "int8",
  "model_int8.onnx": "int8",
  "model_uint8.onnx": "uint8",
  "model_q4.onnx": "q4",
  "model_q4f16.onnx": "q4f16",
  "model_bnb4.onnx": "bnb4",
};

const filesOfDtype: Readonly<Record<ModelDtype, readonly string[]>> = {
  fp32: ["model.onnx"],
  fp16: ["model_fp16.onnx"],
  int8: ["model_quantized.onnx", "model_int8.onnx"],
  uint8: ["model_uint8.onnx"],
  q8: ["model_quantized.onnx"],
  q4: ["model_q4.onnx"],
  q4f16: ["model_q4f16.onnx"],
  bnb4: ["model_bnb4.onnx"],
};

const integerFiles = ["model_quantized.onnx", "model_int8.onnx", "model_uint8.onnx"];
const gpuFiles = ["model_fp16.onnx", "model.onnx"];

const autoFiles: Readonly<Record<ModelDevice, readonly string[]>> = {
  cpu: [...integerFiles, "model.onnx"],
  cuda: gpuFiles,
  webgpu: gpuFiles,
};

const lastResortFiles: Readonly<Record<ModelDevice, readonly string[]>> = {
  cpu: ["model_fp16.onnx"],
  cuda: integerFiles,
  webgpu: integerFiles,
};

const onnxFolders = ["onnx/", ""];

/**
 * Returns the ONNX file to use out of the files of a model, or undefined if none has the wanted
 * type. `auto` prefers int8, uint8, then fp32 on a CPU, and fp16, then fp32 on a GPU. Files in
 * `onnx/` come before files at the top.
 */
export function pickWeights(
  paths: readonly string[],
  { dtype, device }: WeightsChoice,
): PickedWeights | undefined {
  const preferred = dtype === "auto" ? autoFiles[device] : filesOfDtype[dtype];
  const lastResort = dtype === "auto" ? lastResortFiles[device] : [];
  const present = new Set(paths);
  for (const file of [...preferred, ...lastResort]) {
    const path = onnxFolders.map((folder) => `${folder}${file}`).find((name) => present.has(name));
    const found = dtypeOfFile[file];
    if (path !== undefined && found !== undefined) {
      return { path, dtype: found, preferred: preferred.includes(file) };
    }
  }
  return undefined;
}

/**
 * Returns the types of weights that the files of a model offer, each once, in the order of
 * `modelDtypes`.
 */
export function listDtypes(paths: readonly string[]): ModelDtype[] {
  return modelDtypes.filter(
    (dtype) => dtype !== "q8" && pickWeights(paths, { dtype, device: "cpu" }) !== undefined,
  );
}
