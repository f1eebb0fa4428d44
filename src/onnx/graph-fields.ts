import {
  attributeFields,
  dimensionFields,
  graphFields,
  intAttribute,
  nodeFields,
  shapeFields,
  tensorTypeFields,
  typeFields,
  valueInfoFields,
} from "./onnx-fields.ts";
import { bytesField, numberField, textField } from "./protobuf-writer.ts";

/** Returns a node of a GraphProto, of ONNX' own operators. */
export function nodeField(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly Uint8Array[],
): Uint8Array {
  return bytesField(graphFields.node, [
    ...inputs.map((name) => textField(nodeFields.input, name)),
    textField(nodeFields.output, output),
    textField(nodeFields.opType, operator),
    ...attributes,
  ]);
}

/** Returns an attribute of a node that is a whole number. */
export function attributeField(name: string, value: number): Uint8Array {
  return bytesField(nodeFields.attribute, [
    textField(attributeFields.name, name),
    numberField(attributeFields.i, value),
    numberField(attributeFields.type, intAttribute),
  ]);
}

/** Returns the fields of a ValueInfoProto: an input or output of a graph. */
export function valueFields(
  name: string,
  elementType: number,
  shape: readonly (string | number)[],
): Uint8Array[] {
  const dims = shape.map((size) =>
    bytesField(shapeFields.dim, [
      typeof size === "number"
        ? numberField(dimensionFields.dimValue, size)
        : textField(dimensionFields.dimParam, size),
    ]),
  );
  const tensor = bytesField(typeFields.tensorType, [
    numberField(tensorTypeFields.elemType, elementType),
    bytesField(tensorTypeFields.shape, dims),
  ]);
  return [textField(valueInfoFields.name, name), bytesField(valueInfoFields.type, [tensor])];
}
