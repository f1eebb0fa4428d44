import {
  entryFields,
  externalLocation,
  graphFields,
  nodeFields,
  tensorFields,
  tensorTypeFields,
  typeFields,
  valueInfoFields,
} from "./onnx-fields.ts";
import type { Field, ProtobufReader } from "./protobuf-reader.ts";

/** A node of a graph, and where it stands in the file. */
export interface NodePart {
  readonly field: Field;
  /** The operator's name without its domain. */
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** A tensor that the graph itself or a file beside it holds, and where it stands in the file. */
export interface TensorPart {
  readonly field: Field;
  readonly name: string;
  readonly dims: readonly number[];
  /** Its bytes in this file; undefined where they are elsewhere or in another form. */
  readonly raw: Field | undefined;
  /** Where its bytes are if another file has them: `location`, `offset`, `length` as written. */
  readonly external: ReadonlyMap<string, string> | undefined;
}

/** An output of the graph. */
export interface OutputPart {
  readonly field: Field;
  readonly name: string;
  /** The number of its element type; 0 where the graph does not say. */
  readonly elementType: number;
}

/** What a graph holds, weights aside, each with its place in the file. */
export interface GraphParts {
  /** All fields, in order. */
  readonly fields: readonly Field[];
  /** By the start of their field. */
  readonly nodes: ReadonlyMap<number, NodePart>;
  readonly tensors: ReadonlyMap<number, TensorPart>;
  readonly outputs: ReadonlyMap<number, OutputPart>;
}

/** Reads the parts of a GraphProto. Throws MalformedMessageError if it is none. */
export function readGraphParts(reader: ProtobufReader, graph: Field): GraphParts {
  const fields: Field[] = [];
  const nodes = new Map<number, NodePart>();
  const tensors = new Map<number, TensorPart>();
  const outputs = new Map<number, OutputPart>();
  reader.fields(graph.start, graph.end, (field) => {
    fields.push(field);
    if (field.number === graphFields.node) nodes.set(field.from, readNode(reader, field));
    if (field.number === graphFields.initializer)
      tensors.set(field.from, readTensor(reader, field));
    if (field.number === graphFields.output) outputs.set(field.from, readOutput(reader, field));
  });
  return { fields, nodes, tensors, outputs };
}

function readNode(reader: ProtobufReader, field: Field): NodePart {
  const inputs: string[] = [];
  const outputs: string[] = [];
  let operator = "";
  reader.fields(field.start, field.end, (part) => {
    if (part.number === nodeFields.input) inputs.push(reader.text(part));
    if (part.number === nodeFields.output) outputs.push(reader.text(part));
    if (part.number === nodeFields.opType) operator = reader.text(part);
  });
  return { field, operator, inputs, outputs };
}

function readTensor(reader: ProtobufReader, field: Field): TensorPart {
  const dims: number[] = [];
  const external = new Map<string, string>();
  let name = "";
  let raw: Field | undefined;
  let isOutside = false;
  reader.fields(field.start, field.end, (part) => {
    if (part.number === tensorFields.dims) dims.push(...reader.numbers(part));
    if (part.number === tensorFields.name) name = reader.text(part);
    if (part.number === tensorFields.rawData) raw = part;
    if (part.number === tensorFields.dataLocation) isOutside = part.value === externalLocation;
    if (part.number !== tensorFields.externalData) return;
    let [key, value] = ["", ""];
    reader.fields(part.start, part.end, (entry) => {
      if (entry.number === entryFields.key) key = reader.text(entry);
      if (entry.number === entryFields.value) value = reader.text(entry);
    });
    external.set(key, value);
  });
  return { field, name, dims, raw, external: isOutside ? external : undefined };
}

function readOutput(reader: ProtobufReader, field: Field): OutputPart {
  let name = "";
  let elementType = 0;
  reader.fields(field.start, field.end, (part) => {
    if (part.number === valueInfoFields.name) name = reader.text(part);
    if (part.number !== valueInfoFields.type) return;
    reader.fields(part.start, part.end, (kind) => {
      if (kind.number !== typeFields.tensorType) return;
      reader.fields(kind.start, kind.end, (tensor) => {
        if (tensor.number === tensorTypeFields.elemType) elementType = tensor.value;
      });
    });
  });
  return { field, name, elementType };
}
