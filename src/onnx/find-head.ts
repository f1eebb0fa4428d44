import type { GraphParts, NodePart } from "./graph-parts.ts";

/** The end of a language model's graph: how its logits come from the hidden states. */
export interface ModelHead {
  /** The node whose first input is the hidden states, [batch, sequence, size]. */
  readonly entry: NodePart;
  /** The multiplication by the row of each word. */
  readonly product: NodePart;
  /** What is computed from the product to the logits, the product included. */
  readonly computed: ReadonlySet<string>;
  /** Whether a column of the weights is a logit: nothing but casts comes after the product. */
  readonly isPlain: boolean;
}

/** Multiplications whose first input is a value for each position, and whose second has the words. */
const products = new Set([
  "MatMul",
  "FusedMatMul",
  "MatMulNBits",
  "MatMulBnb4",
  "DynamicQuantizeMatMul",
]);

/** Those whose first input was quantized by a node of its own. */
const integerProducts = new Set(["MatMulInteger", "MatMulIntegerToFloat"]);

const quantizer = "DynamicQuantizeLinear";
const casts = new Set(["Cast", "Identity"]);

/** What may stand between the product and the logits: each works on every number alone. */
const elementwise = new Set([...casts, "Add", "Div", "Mul", "Sub", "Tanh"]);

/** Most nodes between the product and the logits; quantized heads have three. */
const maxSteps = 8;

/** Returns the head that computes an output, or undefined where it is none that is known. */
export function findHead({ nodes }: GraphParts, output: string): ModelHead | undefined {
  const all = [...nodes.values()];
  const makers = new Map(all.flatMap((node) => node.outputs.map((name) => [name, node] as const)));

  function search(name: string, steps: number): Omit<ModelHead, "entry"> | undefined {
    const node = makers.get(name);
    if (node === undefined || steps > maxSteps) return undefined;
    const { operator, inputs } = node;
    if (products.has(operator) || integerProducts.has(operator)) {
      return { product: node, computed: new Set([name]), isPlain: true };
    }
    if (!elementwise.has(operator)) return undefined;
    for (const input of inputs) {
      const found = search(input, steps + 1);
      if (found === undefined) continue;
      const isPlain = found.isPlain && casts.has(operator);
      return { ...found, computed: new Set([...found.computed, name]), isPlain };
    }
    return undefined;
  }

  const found = search(output, 0);
  if (found === undefined) return undefined;
  const { product } = found;
  if (products.has(product.operator)) return { ...found, entry: product };
  // What it was quantized for must be the head alone, as it is to quantize fewer positions.
  const [quantized = ""] = product.inputs;
  const entry = makers.get(quantized);
  const readers = all.filter(({ inputs }) => inputs.includes(quantized));
  if (entry?.operator !== quantizer || readers.length !== 1) return undefined;
  return { ...found, entry };
}
