import { closeSync, fstatSync, openSync, realpathSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { type Columns, selectColumns } from "./answer-columns.ts";
import { findHead, type ModelHead } from "./find-head.ts";
import { attributeField, nodeField, valueFields } from "./graph-fields.ts";
import {
  type GraphParts,
  type NodePart,
  type OutputPart,
  readGraphParts,
  type TensorPart,
} from "./graph-parts.ts";
import {
  entryFields,
  externalLocation,
  graphFields,
  int64,
  modelFields,
  nodeFields,
  opsetFields,
  tensorFields,
  valueInfoFields,
} from "./onnx-fields.ts";
import { type Field, ProtobufReader } from "./protobuf-reader.ts";
import { bytesField, numberField, textField } from "./protobuf-writer.ts";

/** A graph whose logits cannot be made fewer, and why, as the rest of a sentence. */
export class UnknownHeadError extends Error {
  override readonly name = "UnknownHeadError";
}

/** A graph in memory. Its weights stay in the files that they are in. */
export interface AnswerGraph {
  /** The bytes of an ONNX file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The folder from which it names the files of its weights. */
  readonly weightsFolder: string;
  /** The input for the position to answer at: int64 [batch, 1, 1], from the first of `input_ids`. */
  readonly positionInput: string;
  /** The output, the logits of the wanted words: [batch, 1, words]. */
  readonly output: string;
}

/** Smaller tensors are copied: they hold shapes and axes, which the runtime wants to see at once. */
const fewBytes = 1024;

/** The first operator set whose `GatherND` takes a position for each row. */
const leastOpset = 12;

/** The fields of a tensor that say where its bytes are. */
const placeFields = new Set<number>([
  tensorFields.rawData,
  tensorFields.externalData,
  tensorFields.dataLocation,
]);

const positionInput = "answer_position";
const answerOutput = "answer_logits";
const idsTensor = "answer_word_ids";

/**
 * Returns the graph of a causal language model, changed to give the logits of some words at one
 * position of each row, and not those of every word at every position. Where the words' weights
 * are a plain table, the others are not even loaded. Throws UnknownHeadError where the end of the
 * graph is none that is known, and MalformedMessageError for what is no ONNX file.
 */
export function makeAnswerGraph(path: string, wordIds: readonly number[]): AnswerGraph {
  const descriptor = openSync(path, "r");
  try {
    const reader = new ProtobufReader(descriptor);
    return new GraphEditor(reader, path, wordIds).edit(fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

class GraphEditor {
  readonly #reader: ProtobufReader;
  readonly #folder: string;
  /** The file itself, where its links lead. */
  readonly #path: string;
  readonly #wordIds: readonly number[];
  #weightsFolder = "";

  constructor(reader: ProtobufReader, path: string, wordIds: readonly number[]) {
    this.#reader = reader;
    this.#folder = dirname(path);
    this.#path = realpathSync(path);
    this.#wordIds = wordIds;
  }

  edit(size: number): AnswerGraph {
    const fields: Field[] = [];
    let opset = 0;
    this.#reader.fields(0, size, (field) => {
      fields.push(field);
      if (field.number === modelFields.opsetImport) opset = Math.max(opset, this.#ownOpset(field));
    });
    if (opset < leastOpset) {
      throw new UnknownHeadError(`it is of opset ${opset}, and opset ${leastOpset} is needed`);
    }
    const written = fields.map((field) =>
      field.number === modelFields.graph
        ? bytesField(modelFields.graph, this.#editGraph(field))
        : this.#copy(field),
    );
    return {
      bytes: new Uint8Array(Buffer.concat(written)),
      weightsFolder: this.#weightsFolder,
      positionInput,
      output: answerOutput,
    };
  }

  /** Returns the version of ONNX' own operators that an entry states; 0 for those of others. */
  #ownOpset(field: Field): number {
    let domain = "";
    let version = 0;
    this.#reader.fields(field.start, field.end, (part) => {
      if (part.number === opsetFields.domain) domain = this.#reader.text(part);
      if (part.number === opsetFields.version) version = part.value;
    });
    return domain === "" || domain === "ai.onnx" ? version : 0;
  }

  #editGraph(field: Field): Uint8Array[] {
    const graph = readGraphParts(this.#reader, field);
    const logits = [...graph.outputs.values()].find(({ name }) => name === "logits");
    const head = logits && findHead(graph, logits.name);
    if (logits === undefined || head === undefined) {
      throw new UnknownHeadError("its logits are no product with a table of words that is known");
    }
    const tensors = [...graph.tensors.values()];
    this.#weightsFolder = commonFolder([
      this.#path,
      ...tensors.flatMap((tensor) => this.#fileOf(tensor) ?? []),
    ]);
    const columns = selectColumns(graph, head, idsTensor);
    const parts = graph.fields.flatMap((part) =>
      this.#editPart(part, { graph, head, logits, columns }),
    );
    return [...parts, ...this.#answers(logits, columns !== undefined)];
  }

  #editPart(part: Field, { graph, head, logits, columns }: Edit): Uint8Array[] {
    const node = graph.nodes.get(part.from);
    if (node !== undefined) return this.#editNode(node, head, columns);
    const tensor = graph.tensors.get(part.from);
    if (tensor !== undefined) return [this.#editTensor(tensor)];
    if (part.from === logits.field.from) return [];
    // What was noted of these values is no longer so.
    if (part.number === graphFields.valueInfo && head.computed.has(this.#nameOf(part))) return [];
    return [this.#copy(part)];
  }

  #editNode(
    node: NodePart,
    { entry, product }: ModelHead,
    columns: Columns | undefined,
  ): Uint8Array[] {
    if (node === columns?.replaced) return [];
    const changed = new Map<number, string>();
    const before: Uint8Array[] = [];
    if (node === entry) {
      const [hidden = ""] = node.inputs;
      const axes = [attributeField("batch_dims", 1)];
      before.push(nodeField("GatherND", [hidden, positionInput], "answer_hidden", axes));
      changed.set(0, "answer_hidden");
    }
    if (node === product && columns !== undefined) {
      before.push(...columns.nodes);
      changed.set(1, columns.name);
    }
    if (changed.size === 0) return [this.#copy(node.field)];
    let input = -1;
    const parts: Uint8Array[] = [];
    this.#reader.fields(node.field.start, node.field.end, (part) => {
      if (part.number === nodeFields.input) input += 1;
      const name = part.number === nodeFields.input ? changed.get(input) : undefined;
      parts.push(name === undefined ? this.#copy(part) : textField(nodeFields.input, name));
    });
    return [...before, bytesField(graphFields.node, parts)];
  }

  /** Returns the fields that make the answers an output of the graph. */
  #answers({ elementType }: OutputPart, hasColumns: boolean): Uint8Array[] {
    const ids = BigInt64Array.from(this.#wordIds, BigInt);
    const raw = new Uint8Array(ids.buffer);
    const end = hasColumns
      ? nodeField("Identity", ["logits"], answerOutput, [])
      : nodeField("Gather", ["logits", idsTensor], answerOutput, [attributeField("axis", 2)]);
    return [
      end,
      bytesField(graphFields.initializer, [
        numberField(tensorFields.dims, ids.length),
        numberField(tensorFields.dataType, int64),
        textField(tensorFields.name, idsTensor),
        bytesField(tensorFields.rawData, [raw]),
      ]),
      bytesField(graphFields.input, valueFields(positionInput, int64, ["answer_batch", 1, 1])),
      bytesField(
        graphFields.output,
        valueFields(answerOutput, elementType, ["answer_batch", 1, ids.length]),
      ),
    ];
  }

  /** Returns a tensor as it is if it is small, else with the place of its bytes in their file. */
  #editTensor(tensor: TensorPart): Uint8Array {
    const { field, raw, external } = tensor;
    const file = this.#fileOf(tensor);
    if (file === undefined) return this.#copy(field);
    const place = new Map(external);
    if (raw !== undefined) {
      place.set("offset", String(raw.start)).set("length", String(raw.end - raw.start));
    }
    place.set("location", relative(this.#weightsFolder, file).split(sep).join("/"));
    const parts: Uint8Array[] = [];
    this.#reader.fields(field.start, field.end, (part) => {
      if (!placeFields.has(part.number)) parts.push(this.#copy(part));
    });
    for (const [key, value] of place) {
      const entry = [textField(entryFields.key, key), textField(entryFields.value, value)];
      parts.push(bytesField(tensorFields.externalData, entry));
    }
    parts.push(numberField(tensorFields.dataLocation, externalLocation));
    return bytesField(graphFields.initializer, parts);
  }

  /** Returns the file that a tensor's bytes are left in; undefined for one that is copied. */
  #fileOf({ raw, external }: TensorPart): string | undefined {
    if (external !== undefined)
      return realpathSync(join(this.#folder, external.get("location") ?? ""));
    return raw !== undefined && raw.end - raw.start >= fewBytes ? this.#path : undefined;
  }

  #nameOf(field: Field): string {
    let name = "";
    this.#reader.fields(field.start, field.end, (part) => {
      if (part.number === valueInfoFields.name) name = this.#reader.text(part);
    });
    return name;
  }

  #copy({ from, to }: Field): Uint8Array {
    return this.#reader.bytes(from, to);
  }
}

/** What the parts of a graph are changed by. */
interface Edit {
  readonly graph: GraphParts;
  readonly head: ModelHead;
  readonly logits: OutputPart;
  readonly columns: Columns | undefined;
}

/** Returns the deepest folder that all of the files lie in. */
function commonFolder(files: readonly string[]): string {
  const [first = [], ...others] = files.map((file) => dirname(file).split(sep));
  const differs = first.findIndex((part, at) => others.some((other) => other[at] !== part));
  const shared = differs < 0 ? first : first.slice(0, differs);
  return shared.join(sep) || sep;
}
