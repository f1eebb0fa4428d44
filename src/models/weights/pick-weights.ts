import { StartupError } from "../../errors.ts";
import { cpuInstructionSets, type InstructionSet } from "./cpu-features.ts";
import { listWeightFiles, type ModelDtype, modelDtypes, type WeightFile } from "./weight-files.ts";

/** A type of weights, or `auto` for the one that suits the device. */
export type DtypeChoice = ModelDtype | "auto";

/** The kind of device that the model runs on. */
export type ModelDevice = "cpu" | "cuda" | "webgpu";

/** The wanted weights of a model: their type, the device, or one file. */
export interface WeightsChoice {
  readonly dtype: DtypeChoice;
  /** Decides what `auto` means. */
  readonly device: ModelDevice;
  /** The path of the one ONNX file to use, inside the model; its name then says nothing. */
  readonly onnxFile?: string | undefined;
  /** Default: those of this CPU. */
  readonly instructionSets?: ReadonlySet<InstructionSet> | undefined;
}

/** The ONNX file that answers a WeightsChoice. */
export interface PickedWeights {
  /** The file's path inside the model, with `/`. */
  readonly path: string;
  /** What the name says of the weights; undefined for a name that says nothing. */
  readonly dtype: ModelDtype | undefined;
  /** False if `auto` had to take what the device runs only slowly. */
  readonly preferred: boolean;
  /** Why it was taken, in a few words. */
  readonly reason: string;
}

/** Suffixes of files in the order in which a choice takes them. */
const filesOfDtype: Readonly<Record<ModelDtype, readonly string[]>> = {
  fp32: ["", "_fp32", "_O3", "_O2", "_O1", "_optimized"],
  fp16: ["_fp16", "_O4"],
  int8: [
    "_quantized",
    "_int8",
    "_quant",
    "_qint8_avx512_vnni",
    "_qint8_avx512",
    "_qint8_avx2",
    "_qint8_arm64",
  ],
  uint8: ["_uint8", "_quint8_avx512_vnni", "_quint8_avx512", "_quint8_avx2", "_quint8_arm64"],
  q8: ["_quantized"],
  q4: ["_q4"],
  q4f16: ["_q4f16"],
  bnb4: ["_bnb4"],
};

const fourBitFiles = [...filesOfDtype.q4, ...filesOfDtype.q4f16, ...filesOfDtype.bnb4];
const eightBitFiles = [...filesOfDtype.int8, ...filesOfDtype.uint8];
const gpuFiles = [...filesOfDtype.fp16, ...filesOfDtype.fp32];

const autoFiles: Readonly<Record<ModelDevice, readonly string[]>> = {
  cpu: [...eightBitFiles, ...filesOfDtype.fp32],
  cuda: gpuFiles,
  webgpu: gpuFiles,
};

const lastResortFiles: Readonly<Record<ModelDevice, readonly string[]>> = {
  cpu: [...filesOfDtype.fp16, ...fourBitFiles],
  cuda: [...eightBitFiles, ...fourBitFiles],
  webgpu: [...eightBitFiles, ...fourBitFiles],
};

/**
 * Returns the ONNX file to use out of the files of a model, or undefined if none has the wanted
 * type. `auto` prefers 8 bits, then fp32 on a CPU, and fp16, then fp32 on a GPU; the only ONNX file
 * of a model is taken under any name. Files in `onnx/` come before files at the top, and those
 * before files of other folders. Files for instruction sets that this CPU lacks are skipped.
 *
 * Throws a StartupError if `onnxFile` names a file that is not there, and if that file or the only
 * one is made for another CPU.
 */
export function pickWeights(
  paths: readonly string[],
  choice: WeightsChoice,
): PickedWeights | undefined {
  const { dtype, device, onnxFile } = choice;
  const files = listWeightFiles(paths);
  if (onnxFile !== undefined) return pickNamed(files, onnxFile, choice);
  const usable = files.filter((file) => isUsable(file, choice));
  const preferred = dtype === "auto" ? autoFiles[device] : filesOfDtype[dtype];
  const lastResort = dtype === "auto" ? lastResortFiles[device] : [];
  for (const suffix of [...preferred, ...lastResort]) {
    const found = usable.find(({ path }) => `/${path}`.endsWith(`/model${suffix}.onnx`));
    if (found === undefined) continue;
    const isPreferred = preferred.includes(suffix);
    return {
      path: found.path,
      dtype: found.dtype,
      preferred: isPreferred,
      reason: reasonFor(found, choice, isPreferred),
    };
  }
  const [only, ...others] = files;
  if (only === undefined || others.length > 0 || dtype !== "auto") return undefined;
  if (!isUsable(only, choice)) {
    throw new StartupError(wrongCpuMessage(only), { hint: "it is the only ONNX file there is" });
  }
  return { path: only.path, dtype: only.dtype, preferred: true, reason: "the only ONNX file" };
}

/**
 * Returns the types of weights that the files of a model offer to this CPU, each once, in the order
 * of `modelDtypes`.
 */
export function listDtypes(paths: readonly string[]): ModelDtype[] {
  return modelDtypes.filter(
    (dtype) => dtype !== "q8" && pickWeights(paths, { dtype, device: "cpu" }) !== undefined,
  );
}

/** The message for a file that this CPU cannot use. */
function wrongCpuMessage({ path, madeFor }: WeightFile): string {
  return `\`${path}\` is made for CPUs with ${madeFor}, and this one has no such instructions`;
}

function pickNamed(
  files: readonly WeightFile[],
  onnxFile: string,
  choice: WeightsChoice,
): PickedWeights {
  const wanted = onnxFile.replace(/^\.\//, "");
  const found = files.find(({ path }) => path === wanted);
  const others = files.filter((file) => file !== found && isUsable(file, choice));
  const hint =
    others.length === 0
      ? "there is no other ONNX file"
      : `there are: ${others.map(({ path }) => path).join(", ")}`;
  if (found === undefined) {
    throw new StartupError(`the model has no ONNX file \`${onnxFile}\``, { hint });
  }
  if (!isUsable(found, choice)) throw new StartupError(wrongCpuMessage(found), { hint });
  return { path: found.path, dtype: found.dtype, preferred: true, reason: "named by --onnx-file" };
}

function isUsable({ madeFor }: WeightFile, choice: WeightsChoice): boolean {
  if (madeFor === undefined) return true;
  return (choice.instructionSets ?? cpuInstructionSets()).has(madeFor);
}

function reasonFor(
  { madeFor }: WeightFile,
  { dtype, device }: WeightsChoice,
  isPreferred: boolean,
): string {
  if (dtype !== "auto") return `asked for by --dtype ${dtype}`;
  if (!isPreferred) return `nothing faster on ${device} is there`;
  if (madeFor !== undefined) return `the fastest on ${device}: made for CPUs with ${madeFor}`;
  return `the fastest on ${device} of what is there`;
}
