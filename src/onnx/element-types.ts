/** Element types of ONNX tensors by their number in the format. */
const elementTypes: Readonly<Record<number, string>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  8: "string",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
  16: "bfloat16",
  17: "float8",
  18: "float8",
  19: "float8",
  20: "float8",
  21: "uint4",
  22: "int4",
  23: "float4",
};

const bitsPattern = /\d+$/;

/** Returns the name of an element type, as ONNX Runtime spells it where it has one. */
export function elementTypeOf(number: number): string {
  return elementTypes[number] ?? `type ${number}`;
}

/** Returns the bytes of so many elements; 0 for a type without a fixed size. */
export function bytesOf(elementType: string, elements: number): number {
  const bits = elementType === "bool" ? 8 : Number(bitsPattern.exec(elementType)?.[0] ?? 0);
  return Math.ceil((elements * bits) / 8);
}
