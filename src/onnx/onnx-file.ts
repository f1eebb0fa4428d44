import { closeSync, fstatSync, openSync } from "node:fs";
import { bytesOf, elementTypeOf } from "./element-types.ts";
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

/** Where the weights of a tensor are, in TensorProto's `data_location`. */
const storedOutside = 1;

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
      if (field.number === 1) irVersion = field.value;
      if (field.number === 7) {
        hasGraph = true;
        this.#readGraph(field, 0);
      }
      if (field.number === 8) this.#readOpset(field);
      if (field.number === 25) this.#readFunction(field);
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
      if (field.number === 1) domain = this.#reader.text(field);
      if (field.number === 2) version = field.value;
    });
    this.#opsets.set(defaultDomains.has(domain) ? "" : domain, version);
  }

  #readFunction(message: Field): void {
    let name = "";
    let domain = "";
    this.#each(message, (field) => {
      if (field.number === 1) name = this.#reader.text(field);
      if (field.number === 10) domain = this.#reader.text(field);
      if (field.number === 7) this.#readNode(field, 0);
    });
    this.#functions.add(operatorName(domain, name));
  }

  #readGraph(message: Field, depth: number): void {
    if (depth > maxDepth) throw new MalformedMessageError("its graphs are nested too deep");
    this.#each(message, (field) => {
      if (field.number === 1) this.#readNode(field, depth);
      if (field.number === 5) this.#readTensor(field);
      if (field.number === 15) {
        this.#each(field, (part) => {
          if (part.number === 1 || part.number === 2) this.#readTensor(part);
        });
      }
      if (depth > 0) return;
      if (field.number === 11) this.#inputs.push(this.#readDeclared(field));
      if (field.number === 12) this.#outputs.push(this.#readDeclared(field));
    });
  }

  #readNode(message: Field, depth: number): void {
    let name = "";
    let domain = "";
    let input: Field | undefined;
    this.#each(message, (field) => {
      if (field.number === 1) input ??= field;
      if (field.number === 4) name = this.#reader.text(field);
      if (field.number === 7) domain = this.#reader.text(field);
      if (field.number !== 5) return;
      this.#each(field, (attribute) => {
        if (attribute.number === 5 || attribute.number === 10) this.#readTensor(attribute);
        if (attribute.number === 6 || attribute.number === 11) {
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
      if (field.number === 1) dims.push(...this.#reader.numbers(field));
      if (field.number === 2) type = elementTypeOf(field.value);
      if (field.number === 8) name = this.#reader.text(field);
      if (field.number === 13) places.push(field);
      if (field.number === 14) isOutside = field.value === storedOutside;
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
      if (field.number === 1) key = this.#reader.text(field);
      if (field.number === 2) value = this.#reader.text(field);
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
        if (field.number === 1) size = field.value;
        if (field.number === 2) size = this.#reader.text(field);
      });
      shape.push(size);
    };
    const readTensorType = (tensorType: Field): void =>
      this.#each(tensorType, (field) => {
        if (field.number === 1) type = elementTypeOf(field.value);
        if (field.number === 2) this.#each(field, readDimension);
      });
    this.#each(message, (field) => {
      if (field.number === 1) name = this.#reader.text(field);
      if (field.number !== 2) return;
      this.#each(field, (kind) => {
        if (kind.number === 1) readTensorType(kind);
      });
    });
    return { name, type, shape };
  }
}

function operatorName(domain: string, name: string): string {
  return defaultDomains.has(domain) ? name : `${domain}:${name}`;
}
