import { closeSync, fstatSync, openSync } from "node:fs";
import { bytesOf, elementTypeOf } from "./element-types.ts";
import {
  attributeFields,
  dimensionFields,
  entryFields,
  externalLocation,
  functionFields,
  graphFields,
  modelFields,
  nodeFields,
  opsetFields,
  shapeFields,
  sparseTensorFields,
  tensorFields,
  tensorTypeFields,
  typeFields,
  valueInfoFields,
} from "./onnx-fields.ts";
import { type Field, MalformedMessageError, ProtobufReader } from "./protobuf-reader.ts";

/** An input or output that a graph declares. */
export interface DeclaredTensor {
  readonly name: string;
  /** The element type, for example `int64`; "" where the graph does not say. */
  readonly type: string;
  /** Sizes: a number for a fixed one, else a name, or "" without one. */
  readonly shape: readonly (number | string)[];
}

/** A tensor that the file or one beside it holds. */
export interface StoredTensor {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly bytes: number;
}

/** A file beside the graph that holds weights of it. */
export interface ExternalFile {
  /** The path from the graph's folder, as the graph spells it. */
  readonly location: string;
  /** Bytes that the file must have at least. */
  readonly neededBytes: number;
}

/** What an ONNX file says of its graph. Weights are not read. */
export interface OnnxFile {
  readonly irVersion: number;
  /** Versions of the operator sets by domain; "" is ONNX' own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
  /**
   * Operators that occur, subgraphs and functions included: the bare name of ONNX' own, else
   * `domain:name`.
   */
  readonly operators: ReadonlySet<string>;
  /** Operators that the file defines itself, spelled likewise. */
  readonly functions: ReadonlySet<string>;
  readonly tensors: readonly StoredTensor[];
  /** Names of tensors that a `Cast` turns into another type before they are used. */
  readonly castTensors: ReadonlySet<string>;
  readonly externalFiles: readonly ExternalFile[];
}

/** Deepest nesting of subgraphs; real ones have one or two levels. */
const maxDepth = 32;

const defaultDomains = new Set(["", "ai.onnx"]);

/**
 * Reads an ONNX file without its weights, in milliseconds also where it holds gigabytes. Throws
 * MalformedMessageError if it is no ONNX file or not a whole one, and the error of the file system.
 */
export function readOnnxFile(path: string): OnnxFile {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    return new OnnxReader(new ProtobufReader(descriptor)).read(size);
  } finally {
    closeSync(descriptor);
  }
}

class OnnxReader {
  readonly #reader: ProtobufReader;
  readonly #opsets = new Map<string, number>();
  readonly #inputs: DeclaredTensor[] = [];
  readonly #outputs: DeclaredTensor[] = [];
  readonly #operators = new Set<string>();
  readonly #functions = new Set<string>();
  readonly #tensors: StoredTensor[] = [];
  readonly #cast = new Set<string>();
  readonly #external = new Map<string, number>();

  constructor(reader: ProtobufReader) {
    this.#reader = reader;
  }

  read(size: number): OnnxFile {
    let irVersion = 0;
    let hasGraph = false;
    this.#reader.fields(0, size, (field) => {
      if (field.number === modelFields.irVersion) irVersion = field.value;
      if (field.number === modelFields.graph) {
        hasGraph = true;
        this.#readGraph(field, 0);
      }
      if (field.number === modelFields.opsetImport) this.#readOpset(field);
      if (field.number === modelFields.functions) this.#readFunction(field);
    });
    if (!hasGraph) throw new MalformedMessageError("it holds no graph");
    const stored = new Set(this.#tensors.map(({ name }) => name));
    return {
      irVersion,
      opsets: this.#opsets,
      // Old files list their weights as inputs, too.
      inputs: this.#inputs.filter(({ name }) => !stored.has(name)),
      outputs: this.#outputs,
      operators: this.#operators,
      functions: this.#functions,
      tensors: this.#tensors,
      castTensors: this.#cast,
      externalFiles: [...this.#external].map(([location, neededBytes]) => ({
        location,
        neededBytes,
      })),
    };
  }

  #each({ start, end }: Field, visit: (field: Field) => void): void {
    this.#reader.fields(start, end, visit);
  }

  #readOpset(message: Field): void {
    let domain = "";
    let version = 0;
    this.#each(message, (field) => {
      if (field.number === opsetFields.domain) domain = this.#reader.text(field);
      if (field.number === opsetFields.version) version = field.value;
    });
    this.#opsets.set(defaultDomains.has(domain) ? "" : domain, version);
  }

  #readFunction(message: Field): void {
    let name = "";
    let domain = "";
    this.#each(message, (field) => {
      if (field.number === functionFields.name) name = this.#reader.text(field);
      if (field.number === functionFields.domain) domain = this.#reader.text(field);
      if (field.number === functionFields.node) this.#readNode(field, 0);
    });
    this.#functions.add(operatorName(domain, name));
  }

  #readGraph(message: Field, depth: number): void {
    if (depth > maxDepth) throw new MalformedMessageError("its graphs are nested too deep");
    this.#each(message, (field) => {
      if (field.number === graphFields.node) this.#readNode(field, depth);
      if (field.number === graphFields.initializer) this.#readTensor(field);
      if (field.number === graphFields.sparseInitializer) {
        this.#each(field, (part) => {
          const { values, indices } = sparseTensorFields;
          if (part.number === values || part.number === indices) this.#readTensor(part);
        });
      }
      if (depth > 0) return;
      if (field.number === graphFields.input) this.#inputs.push(this.#readDeclared(field));
      if (field.number === graphFields.output) this.#outputs.push(this.#readDeclared(field));
    });
  }

  #readNode(message: Field, depth: number): void {
    let name = "";
    let domain = "";
    let input: Field | undefined;
    this.#each(message, (field) => {
      if (field.number === nodeFields.input) input ??= field;
      if (field.number === nodeFields.opType) name = this.#reader.text(field);
      if (field.number === nodeFields.domain) domain = this.#reader.text(field);
      if (field.number !== nodeFields.attribute) return;
      this.#each(field, (attribute) => {
        const { t, tensors, g, graphs } = attributeFields;
        if (attribute.number === t || attribute.number === tensors) this.#readTensor(attribute);
        if (attribute.number === g || attribute.number === graphs) {
          this.#readGraph(attribute, depth + 1);
        }
      });
    });
    this.#operators.add(operatorName(domain, name));
    if (name === "Cast" && input !== undefined) this.#cast.add(this.#reader.text(input));
  }

  #readTensor(message: Field): void {
    const dims: number[] = [];
    let name = "";
    let type = "";
    let isOutside = false;
    const places: Field[] = [];
    this.#each(message, (field) => {
      if (field.number === tensorFields.dims) dims.push(...this.#reader.numbers(field));
      if (field.number === tensorFields.dataType) type = elementTypeOf(field.value);
      if (field.number === tensorFields.name) name = this.#reader.text(field);
      if (field.number === tensorFields.externalData) places.push(field);
      if (field.number === tensorFields.dataLocation) isOutside = field.value === externalLocation;
    });
    const elements = dims.reduce((product, dim) => product * dim, 1);
    const bytes = bytesOf(type, elements);
    this.#tensors.push({ name, type, dims, bytes });
    if (isOutside) this.#addExternal(places, bytes);
  }

  #addExternal(places: readonly Field[], bytes: number): void {
    const entries = new Map(places.map((place) => this.#readEntry(place)));
    const location = entries.get("location") ?? "";
    const length = Number(entries.get("length") ?? bytes);
    const neededBytes = Number(entries.get("offset") ?? 0) + length;
    this.#external.set(location, Math.max(neededBytes, this.#external.get(location) ?? 0));
  }

  #readEntry(message: Field): readonly [string, string] {
    let key = "";
    let value = "";
    this.#each(message, (field) => {
      if (field.number === entryFields.key) key = this.#reader.text(field);
      if (field.number === entryFields.value) value = this.#reader.text(field);
    });
    return [key, value];
  }

  #readDeclared(message: Field): DeclaredTensor {
    let name = "";
    let type = "";
    const shape: (number | string)[] = [];
    const readDimension = (dimension: Field): void => {
      let size: number | string = "";
      this.#each(dimension, (field) => {
        if (field.number === dimensionFields.dimValue) size = field.value;
        if (field.number === dimensionFields.dimParam) size = this.#reader.text(field);
      });
      shape.push(size);
    };
    const readShape = (field: Field): void => {
      if (field.number === shapeFields.dim) readDimension(field);
    };
    const readTensorType = (tensorType: Field): void =>
      this.#each(tensorType, (field) => {
        if (field.number === tensorTypeFields.elemType) type = elementTypeOf(field.value);
        if (field.number === tensorTypeFields.shape) this.#each(field, readShape);
      });
    this.#each(message, (field) => {
      if (field.number === valueInfoFields.name) name = this.#reader.text(field);
      if (field.number !== valueInfoFields.type) return;
      this.#each(field, (kind) => {
        if (kind.number === typeFields.tensorType) readTensorType(kind);
      });
    });
    return { name, type, shape };
  }
}

function operatorName(domain: string, name: string): string {
  return defaultDomains.has(domain) ? name : `${domain}:${name}`;
}
