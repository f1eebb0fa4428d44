import type { OnnxFile, StoredTensor } from "./onnx-file.ts";

/** Number formats of weights, as files of them are named. */
export type WeightFormat =
  | "fp32"
  | "fp16"
  | "bf16"
  | "int8"
  | "uint8"
  | "q4"
  | "q4f16"
  | "bnb4"
  | "fp8";

/** The quantization of a graph. */
export interface Quantization {
  /** The format of the weights, by what the file holds and computes, whatever its name. */
  readonly format: WeightFormat;
  /**
   * Whether the graph scales activations by the largest of the whole batch while it runs, so that a
   * row's logit depends on the other rows. Weights that are merely stored quantized do not, nor do
   * scales that the file holds.
   */
  readonly scalesByBatch: boolean;
}

/** Operators that take the scale of activations from the batch at hand. */
const batchScaledOperator = /(^|:)DynamicQuantize/;
const fourBitOperator = /(^|:)MatMulNBits$/;
/** Looks up rows of embeddings stored in 4 or 8 bits; the products have weights of their own. */
const packedLookup = /(^|:)GatherBlockQuantized$/;
const fourBitFloatOperator = /(^|:)MatMulBnb4$/;
/** Operators whose weights are of 8 bits. */
const eightBitOperator =
  /(^|:)(DynamicQuantize\w*|MatMulInteger\w*|ConvInteger|QLinear\w+|QAttention|QGemm|DequantizeLinear)$/;

/** Tensors below this hold scales, masks and shapes and no weights, in bytes. */
const fewBytes = 64;

const formatOfType: Readonly<Record<string, WeightFormat>> = {
  float16: "fp16",
  bfloat16: "bf16",
  float8: "fp8",
  int8: "int8",
  uint8: "uint8",
};

/** Returns how a graph is quantized. */
export function quantizationOf(file: OnnxFile): Quantization {
  const { operators, castTensors } = file;
  const uses = (pattern: RegExp): boolean => [...operators].some((name) => pattern.test(name));
  // Halves that are cast to float32 before they are used save space on the disk, and nothing else.
  const tensors = file.tensors.map((tensor) =>
    tensor.type === "float16" && castTensors.has(tensor.name)
      ? { ...tensor, type: "float32" }
      : tensor,
  );
  return { format: formatOf(tensors, uses), scalesByBatch: uses(batchScaledOperator) };
}

function formatOf(
  tensors: readonly StoredTensor[],
  uses: (operator: RegExp) => boolean,
): WeightFormat {
  const bytesOfType = (...types: string[]): number =>
    tensors
      .filter(({ type, bytes }) => types.includes(type) && bytes >= fewBytes)
      .reduce((sum, { bytes }) => sum + bytes, 0);
  if (uses(fourBitFloatOperator)) return "bnb4";
  if (uses(fourBitOperator) || bytesOfType("int4", "uint4", "float4") > 0) {
    return bytesOfType("float16") > bytesOfType("float32") ? "q4f16" : "q4";
  }
  if (uses(eightBitOperator)) {
    // Packed embeddings are uint8 too, and may well be larger than all products together.
    const int8 = bytesOfType("int8");
    const uint8 = int8 > 0 && uses(packedLookup) ? 0 : bytesOfType("uint8");
    if (int8 + uint8 > 0) return int8 >= uint8 ? "int8" : "uint8";
    if (uses(batchScaledOperator)) return "int8";
  }
  return uses(packedLookup) ? "q4" : largestFloat(tensors);
}

function largestFloat(tensors: readonly StoredTensor[]): WeightFormat {
  const bytes = new Map<WeightFormat, number>([["fp32", 0]]);
  for (const tensor of tensors) {
    const format = tensor.type === "float32" ? "fp32" : formatOfType[tensor.type];
    if (format !== undefined) bytes.set(format, (bytes.get(format) ?? 0) + tensor.bytes);
  }
  return [...bytes].reduce((most, next) => (next[1] > most[1] ? next : most))[0];
}
