import type { ModelHead } from "./find-head.ts";
import { attributeField, nodeField } from "./graph-fields.ts";
import type { GraphParts, NodePart } from "./graph-parts.ts";

/** The weights of some words alone, taken out of those of a head. */
export interface Columns {
  /** The name of what the head is to multiply with. */
  readonly name: string;
  /** The nodes that compute it; the runtime does so once, as it loads the graph. */
  readonly nodes: readonly Uint8Array[];
  /** A node that nothing needs any more. */
  readonly replaced?: NodePart;
}

const columnsName = "answer_columns";
const rowsName = "answer_rows";

/**
 * Returns how to take the weights of the words whose ids the tensor `idsTensor` holds; undefined for a
 * head whose weights are no plain table of a column, or of a row, for each word.
 */
export function selectColumns(
  graph: GraphParts,
  { product, isPlain }: ModelHead,
  idsTensor: string,
): Columns | undefined {
  if (!isPlain || product.operator !== "MatMul") return undefined;
  const [, weights = ""] = product.inputs;
  const tables = [...graph.tensors.values()].filter(({ dims }) => dims.length === 2);
  const isTable = (name: string): boolean => tables.some((tensor) => tensor.name === name);
  if (isTable(weights)) {
    const axis = attributeField("axis", 1);
    return {
      name: columnsName,
      nodes: [nodeField("Gather", [weights, idsTensor], columnsName, [axis])],
    };
  }
  const nodes = [...graph.nodes.values()];
  const turned = nodes.find(({ outputs }) => outputs.includes(weights));
  const [table = ""] = turned?.inputs ?? [];
  if (turned?.operator !== "Transpose" || !isTable(table)) return undefined;
  const isShared = nodes.some((node) => node !== product && node.inputs.includes(weights));
  const axis = attributeField("axis", 0);
  return {
    name: columnsName,
    nodes: [
      nodeField("Gather", [table, idsTensor], rowsName, [axis]),
      nodeField("Transpose", [rowsName], columnsName, []),
    ],
    ...(isShared ? {} : { replaced: turned }),
  };
}
