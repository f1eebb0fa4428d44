import type { InstructionSet } from "./cpu-features.ts";

/** Types of weights that can be asked for, as transformers.js names them. */
export const modelDtypes = ["fp32", "fp16", "int8", "uint8", "q8", "q4", "q4f16", "bnb4"] as const;

/** A type of weights. */
export type ModelDtype = (typeof modelDtypes)[number];

/** An ONNX file with the facts that its name states. */
export interface WeightFile {
  /** The path in the model, with `/`. */
  readonly path: string;
  /** The type of the weights by the name; undefined for a name that says nothing. */
  readonly dtype: ModelDtype | undefined;
  /** The instruction set that the file is made for; undefined for any. */
  readonly madeFor: InstructionSet | undefined;
}

/** Types by what follows `model`, as transformers.js, optimum and sentence-transformers write it. */
const dtypeOfSuffix: Readonly<Record<string, ModelDtype>> = {
  "": "fp32",
  _fp32: "fp32",
  _optimized: "fp32",
  _O1: "fp32",
  _O2: "fp32",
  _O3: "fp32",
  _fp16: "fp16",
  _O4: "fp16",
  _quantized: "int8",
  _quant: "int8",
  _int8: "int8",
  _uint8: "uint8",
  _q4: "q4",
  _q4f16: "q4f16",
  _bnb4: "bnb4",
};

const namePattern = /^model(_\w+)?\.onnx$/;
/** sentence-transformers' names of dynamically quantized files. */
const madeForPattern = /^_q(u?)int8_(arm64|avx2|avx512|avx512_vnni)$/;

/** Returns the ONNX files among the files of a model: those of `onnx/` first, then the top. */
export function listWeightFiles(paths: readonly string[]): WeightFile[] {
  return paths
    .filter((path) => path.endsWith(".onnx"))
    .sort((a, b) => folderRank(a) - folderRank(b) || (a < b ? -1 : 1))
    .map(readName);
}

function readName(path: string): WeightFile {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const [isKnown, suffix = ""] = namePattern.exec(name) ?? [];
  if (isKnown === undefined) return { path, dtype: undefined, madeFor: undefined };
  const [, unsigned, madeFor] = madeForPattern.exec(suffix) ?? [];
  if (madeFor === undefined) return { path, dtype: dtypeOfSuffix[suffix], madeFor: undefined };
  return { path, dtype: unsigned ? "uint8" : "int8", madeFor: madeFor as InstructionSet };
}

function folderRank(path: string): number {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  if (folder === "onnx/") return 0;
  return folder === "" ? 1 : 2;
}
