/**
 * The numbers of the fields that are read or written here, by the messages of the ONNX format
 * (onnx.proto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */
export const modelFields = { irVersion: 1, graph: 7, opsetImport: 8, functions: 25 } as const;

export const opsetFields = { domain: 1, version: 2 } as const;

export const functionFields = { name: 1, node: 7, domain: 10 } as const;

export const graphFields = {
  node: 1,
  initializer: 5,
  input: 11,
  output: 12,
  valueInfo: 13,
  sparseInitializer: 15,
} as const;

export const nodeFields = { input: 1, output: 2, opType: 4, attribute: 5, domain: 7 } as const;

export const attributeFields = {
  name: 1,
  i: 3,
  t: 5,
  g: 6,
  tensors: 10,
  graphs: 11,
  type: 20,
} as const;

export const tensorFields = {
  dims: 1,
  dataType: 2,
  name: 8,
  rawData: 9,
  externalData: 13,
  dataLocation: 14,
} as const;

export const sparseTensorFields = { values: 1, indices: 2 } as const;

/** An entry of `external_data`. */
export const entryFields = { key: 1, value: 2 } as const;

export const valueInfoFields = { name: 1, type: 2 } as const;

export const typeFields = { tensorType: 1 } as const;

export const tensorTypeFields = { elemType: 1, shape: 2 } as const;

export const shapeFields = { dim: 1 } as const;

export const dimensionFields = { dimValue: 1, dimParam: 2 } as const;

/** `AttributeProto.AttributeType.INT`. */
export const intAttribute = 2;

/** `TensorProto.DataType.INT64`. */
export const int64 = 7;

/** `TensorProto.DataLocation.EXTERNAL`: the bytes are in another file. */
export const externalLocation = 1;
