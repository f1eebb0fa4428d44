import { RerankError } from "../../errors.ts";
import { labelsMessage } from "./graph.ts";

const halfExponentBias = 15;
const halfFractionBits = 10;
const halfFractionMask = 0x3ff;
const halfExponentMask = 0x1f;
/** The step between subnormal half floats, 2^-24. */
const halfSubnormalStep = 2 ** -24;

/** An output as the runtime returns it. */
export interface OutputTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/**
 * Returns the logits of an output of shape `[rows]` or `[rows, 1]`, or of `[rows, 2]` if
 * `positiveLabel` says which of the two means "relevant": that one's less the other's, whose
 * sigmoid is the softmax of the two. Throws RerankError `internal` for any other shape or type, and
 * if a logit is not a finite number, because it cannot be ranked.
 */
export function readLogits(
  output: OutputTensor,
  rows: number,
  positiveLabel?: number,
): Float32Array<ArrayBuffer> {
  const { dims, type, data } = output;
  const wantedLabels = positiveLabel === undefined ? 1 : 2;
  const labels = dims.length === 2 ? dims[1] : 1;
  if (labels !== undefined && labels !== wantedLabels)
    throw new RerankError("internal", labelsMessage(labels));
  if (dims.length < 1 || dims.length > 2 || dims[0] !== rows) {
    const shape = `[${dims.join(", ")}]`;
    throw new RerankError("internal", `the model answered ${shape} for a batch of ${rows} rows`);
  }
  const values = toFloat32(type, data);
  if (values === undefined || values.length !== rows * wantedLabels) {
    throw new RerankError("internal", `the model answered in a type that is not known: ${type}`);
  }
  const logits = positiveLabel === undefined ? values : differences(values, positiveLabel);
  if (!logits.every(Number.isFinite)) {
    throw new RerankError("internal", "the model answered a score that is not a finite number");
  }
  return logits;
}

/** Returns one logit for each row of two. */
function differences(values: Float32Array, positiveLabel: number): Float32Array<ArrayBuffer> {
  const other = 1 - positiveLabel;
  return Float32Array.from(
    { length: values.length / 2 },
    (_, row) => (values[2 * row + positiveLabel] ?? 0) - (values[2 * row + other] ?? 0),
  );
}

/** Returns the value of a half float (IEEE 754 binary16) from its 16 bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> halfFractionBits) & halfExponentMask;
  const fraction = bits & halfFractionMask;
  if (exponent === 0) return sign * fraction * halfSubnormalStep;
  if (exponent === halfExponentMask)
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * 2 ** (exponent - halfExponentBias) * (1 + fraction / 2 ** halfFractionBits);
}

function toFloat32(type: string, data: unknown): Float32Array<ArrayBuffer> | undefined {
  // A copy, because the runtime owns the memory of its outputs.
  if (type === "float32" && data instanceof Float32Array) return Float32Array.from(data);
  if (type !== "float16") return undefined;
  // The bits on a Node without Float16Array, the numbers on one with it.
  if (data instanceof Uint16Array) return Float32Array.from(data, halfToNumber);
  return ArrayBuffer.isView(data)
    ? Float32Array.from(data as unknown as Iterable<number>)
    : undefined;
}
