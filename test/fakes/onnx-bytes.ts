/** A tensor of a made ONNX file. */
export interface MadeTensor {
  readonly name?: string;
  /** The number of the element type. Default: 1, float32. */
  readonly type?: number;
  readonly dims?: readonly number[];
  /** The bytes in the file. */
  readonly raw?: Uint8Array;
  /** The file beside it that has the bytes, for a tensor that is not in the file. */
  readonly location?: string;
  readonly offset?: number;
  readonly length?: number;
}

/** An operator of a made ONNX file. */
export interface MadeNode {
  readonly operator: string;
  readonly domain?: string;
  /** What it reads. Default: `input_ids`. */
  readonly inputs?: readonly string[];
  /** What it computes. Default: `logits`. */
  readonly outputs?: readonly string[];
  /** A tensor in an attribute, as constants have it. */
  readonly constant?: MadeTensor;
  /** Operators of a subgraph. */
  readonly body?: readonly MadeNode[];
}

/** What a made ONNX file holds. */
export interface MadeOnnx {
  readonly irVersion?: number;
  readonly opsets?: Readonly<Record<string, number>>;
  readonly nodes?: readonly MadeNode[];
  readonly tensors?: readonly MadeTensor[];
  readonly inputs?: readonly string[];
  /** Shape of the output `logits`. Default: a free batch and one label. */
  readonly outputShape?: readonly (number | string)[];
  readonly functions?: readonly { readonly domain: string; readonly name: string }[];
}

const int64 = 7;
const float32 = 1;

/** Returns the bytes of an ONNX file that can be read, though not run. */
export function onnxBytes(made: MadeOnnx = {}): Buffer {
  const { irVersion = 8, opsets = { "": 17 }, nodes = [], tensors = [] } = made;
  const { inputs = ["input_ids", "attention_mask"], outputShape = ["batch", 1] } = made;
  const graph = [
    ...nodes.map((node) => message(1, nodeOf(node))),
    text(2, "graph"),
    ...tensors.map((tensor) => message(5, tensorOf(tensor))),
    ...inputs.map((name) => message(11, tensorInfo(name, int64, ["batch", "length"]))),
    message(12, tensorInfo("logits", float32, outputShape)),
  ];
  return Buffer.concat([
    number(1, irVersion),
    text(2, "made by a test"),
    message(7, graph),
    ...Object.entries(opsets).map(([domain, version]) =>
      message(8, [text(1, domain), number(2, version)]),
    ),
    ...(made.functions ?? []).map(({ domain, name }) =>
      message(25, [text(1, name), text(10, domain)]),
    ),
  ]);
}

function nodeOf(node: MadeNode): Buffer[] {
  const { operator, domain, inputs = ["input_ids"], outputs = ["logits"], constant, body } = node;
  const attribute = [
    text(1, "value"),
    ...(constant ? [message(5, tensorOf(constant))] : []),
    ...(body
      ? [
          message(
            6,
            body.map((node) => message(1, nodeOf(node))),
          ),
        ]
      : []),
  ];
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...(constant || body ? [message(5, attribute)] : []),
    ...(domain === undefined ? [] : [text(7, domain)]),
  ];
}

function tensorOf(tensor: MadeTensor): Buffer[] {
  const { name = "W", type = float32, dims = [], raw, location, offset, length } = tensor;
  const entry = (key: string, value: number | string | undefined) =>
    value === undefined ? [] : [message(13, [text(1, key), text(2, String(value))])];
  return [
    ...dims.map((dim) => number(1, dim)),
    number(2, type),
    text(8, name),
    ...(raw === undefined ? [] : [bytes(9, raw)]),
    ...entry("location", location),
    ...entry("offset", offset),
    ...entry("length", length),
    ...(location === undefined ? [] : [number(14, 1)]),
  ];
}

function tensorInfo(name: string, type: number, shape: readonly (number | string)[]): Buffer[] {
  const dims = shape.map((size) =>
    message(1, [typeof size === "number" ? number(1, size) : text(2, size)]),
  );
  return [text(1, name), message(2, [message(1, [number(1, type), message(2, dims)])])];
}

function message(field: number, parts: readonly Buffer[]): Buffer {
  return bytes(field, Buffer.concat(parts));
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const digits: number[] = [];
  let rest = value;
  do {
    digits.push((rest % 128) | (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(digits);
}
