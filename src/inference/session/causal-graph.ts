import { StartupError } from "../../errors.ts";
import type { InputName, InputType, TensorDescription } from "./graph.ts";

/** Keys or values of a layer: what goes in for the tokens before, and what comes out for all. */
export interface LayerCache {
  readonly pastName: string;
  readonly presentName: string;
  readonly type: "float32" | "float16";
  /** The shape is [batch, heads, tokens, size]. */
  readonly heads: number;
  readonly size: number;
}

/** How to feed the graph of a causal language model. */
export interface CausalGraph {
  /** Inputs that are fed a number for each token. */
  readonly inputs: readonly { readonly name: InputName; readonly type: InputType }[];
  /** Empty for a graph without keys and values: then each row is computed whole. */
  readonly caches: readonly LayerCache[];
  /** The input that says for how many of the last positions logits are computed, where it has one. */
  readonly keepInput: string | undefined;
}

/** Names of the input that limits the logits to the last positions. */
const keepInputs = ["num_logits_to_keep", "logits_to_keep"];
const tokenInputs = ["input_ids", "attention_mask", "position_ids"] as const;
const pastPattern = /^past_key_values\.(.+)$/;

const hint =
  "export the model again as a graph with one logit: `rerankd-export` of tools/export makes one of a causal model";

/**
 * Returns how to feed a causal language model. `answerPositionInput` is an input that rerankd itself
 * has put into the graph. Throws a StartupError that names what is not understood.
 */
export function readCausalGraph(
  inputs: readonly TensorDescription[],
  outputs: readonly TensorDescription[],
  answerPositionInput?: string,
): CausalGraph {
  const fed: { name: InputName; type: InputType }[] = [];
  const caches: LayerCache[] = [];
  let keepInput: string | undefined;
  for (const input of inputs) {
    const { name, type } = input;
    const token = tokenInputs.find((known) => known === name);
    if (name === answerPositionInput) continue;
    if (token !== undefined) {
      if (type !== "int64" && type !== "int32") throw unknown(input);
      fed.push({ name: token, type });
    } else if (keepInputs.includes(name) && type === "int64") keepInput = name;
    else if (pastPattern.test(name)) caches.push(readCache(input, outputs));
    else throw unknown(input);
  }
  for (const required of ["input_ids", "attention_mask"] as const) {
    if (fed.some(({ name }) => name === required)) continue;
    throw new StartupError(`the model's graph has no input \`${required}\``, { hint });
  }
  return { inputs: fed, caches, keepInput };
}

function readCache(input: TensorDescription, outputs: readonly TensorDescription[]): LayerCache {
  const { name, type, shape } = input;
  const presentName = name.replace(pastPattern, "present.$1");
  const [, heads, , size] = shape;
  const fits =
    (type === "float32" || type === "float16") &&
    shape.length === 4 &&
    typeof heads === "number" &&
    typeof size === "number" &&
    outputs.some((output) => output.name === presentName);
  if (!fits) throw unknown(input);
  return { pastName: name, presentName, type, heads, size };
}

function unknown({ name, type, shape }: TensorDescription): StartupError {
  return new StartupError(
    `the model's graph has an input that rerankd cannot feed: \`${name}\`, ${type} [${shape.join(", ")}]`,
    { hint },
  );
}
