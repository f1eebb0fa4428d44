import { StartupError } from "../../errors.ts";

/**
 * An input or output as the runtime describes it: free dimensions are names, fixed ones are
 * numbers.
 */
export interface TensorDescription {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** The inputs that a reranker's graph may have. */
export const inputNames = [
  "input_ids",
  "attention_mask",
  "token_type_ids",
  "position_ids",
] as const;

/** An input that a batch can feed. */
export type InputName = (typeof inputNames)[number];

/** Element types that a batch can be written as. */
export type InputType = "int64" | "int32";

/** The inputs of a graph, and the output with the logits. */
export interface Graph {
  readonly inputs: readonly { readonly name: InputName; readonly type: InputType }[];
  /** `logits`, or the only output. */
  readonly outputName: string;
  /** Which of two labels means "relevant"; undefined for a graph with one. */
  readonly positiveLabel: number | undefined;
}

const hint =
  "export the model as a sequence classifier with one label, free batch and length: `optimum-cli export onnx --task text-classification`";

/**
 * Returns how to run a graph with one label, or with two of which `positiveLabel` means "relevant".
 * Throws a StartupError that says what is wrong if it is not a reranker's.
 */
export function readGraph(
  inputs: readonly TensorDescription[],
  outputs: readonly TensorDescription[],
  positiveLabel?: number,
): Graph {
  const labels = positiveLabel === undefined ? 1 : 2;
  return {
    inputs: readInputs(inputs),
    outputName: readOutputName(outputs, labels),
    positiveLabel,
  };
}

/** The message for a model with the wrong number of labels. */
export function labelsMessage(labels: number): string {
  return `this model has ${labels} labels per pair; a reranker has 1`;
}

function readInputs(inputs: readonly TensorDescription[]): Graph["inputs"] {
  const unknown = inputs.filter(({ name }) => !isInputName(name));
  if (unknown.length > 0) {
    throw notReranker(`its graph has inputs that rerankd cannot feed: ${list(unknown)}`);
  }
  // Without a mask the padding of a batch would count as text.
  for (const required of ["input_ids", "attention_mask"] as const) {
    if (inputs.every(({ name }) => name !== required)) {
      throw notReranker(`its graph has no input \`${required}\`, only ${list(inputs)}`);
    }
  }
  return inputs.map((input) => {
    const { name, type, shape } = input;
    if (!isInputName(name)) throw notReranker(`it has an input \`${name}\``);
    if (type !== "int64" && type !== "int32") {
      throw notReranker(`its input \`${name}\` must be int64 or int32, got: \`${type}\``);
    }
    if (shape.length !== 2 || shape.some((size) => typeof size === "number")) {
      throw notReranker(
        `its input \`${name}\` must have a free batch and length, got: [${shape.join(", ")}]`,
      );
    }
    return { name, type };
  });
}

function readOutputName(outputs: readonly TensorDescription[], wantedLabels: number): string {
  const output = outputs.find(({ name }) => name === "logits") ?? outputs[0];
  if (output === undefined || (outputs.length > 1 && output.name !== "logits")) {
    throw notReranker(`its graph has no output \`logits\`, only ${list(outputs)}`);
  }
  const { name, type, shape } = output;
  if (type !== "float32" && type !== "float16") {
    throw notReranker(`its output \`${name}\` must be float32 or float16, got: \`${type}\``);
  }
  // A graph may leave the shape out, which reads as []; then the first batch shows it.
  if (shape.length > 2) {
    throw notReranker(
      `its output \`${name}\` must be [batch] or [batch, 1], got: [${shape.join(", ")}]`,
    );
  }
  const labels = shape[1];
  if (typeof labels === "number" && labels !== wantedLabels)
    throw notReranker(labelsMessage(labels));
  return name;
}

function isInputName(name: string): name is InputName {
  return inputNames.some((known) => known === name);
}

function list(tensors: readonly TensorDescription[]): string {
  return tensors.length === 0 ? "none" : tensors.map(({ name }) => `\`${name}\``).join(", ");
}

function notReranker(problem: string): StartupError {
  return new StartupError(`the model is not a reranker that can be served: ${problem}`, { hint });
}
