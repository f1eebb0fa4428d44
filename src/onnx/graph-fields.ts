import { bytesField, numberField, textField } from "./protobuf-writer.ts";

/** The number of an attribute's type in the format, for a whole number. */
const wholeNumber = 2;

/** Returns a node of a GraphProto, of ONNX' own operators. */
export function nodeField(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly Uint8Array[],
): Uint8Array {
  return bytesField(1, [
    ...inputs.map((name) => textField(1, name)),
    textField(2, output),
    textField(4, operator),
    ...attributes,
  ]);
}

/** Returns an attribute of a node that is a whole number. */
export function attributeField(name: string, value: number): Uint8Array {
  return bytesField(5, [textField(1, name), numberField(3, value), numberField(20, wholeNumber)]);
}

/** Returns the fields of a ValueInfoProto: an input or output of a graph. */
export function valueFields(
  name: string,
  elementType: number,
  shape: readonly (string | number)[],
): Uint8Array[] {
  const dims = shape.map((size) =>
    bytesField(1, [typeof size === "number" ? numberField(1, size) : textField(2, size)]),
  );
  const tensor = bytesField(1, [numberField(1, elementType), bytesField(2, dims)]);
  return [textField(1, name), bytesField(2, [tensor])];
}
