import { StartupError } from "../errors.ts";
import type { OnnxFile } from "../onnx/onnx-file.ts";

/** The facts that decide which output of a model is its score. */
export interface LabelFacts {
  /** The name to refuse the model by. */
  readonly model: string;
  readonly graph: OnnxFile;
  /** Names of the outputs by config.json; empty where it has none. */
  readonly labels: readonly string[];
  /** Name or number of the output that means "relevant", as the operator gave it. */
  readonly wanted: string | undefined;
}

/**
 * Returns which of two outputs means "relevant", or undefined for a model with one. What the graph
 * declares counts before what config.json says. Throws a StartupError for a model with two outputs
 * of which none was chosen, for a choice that names none of them, and for more outputs.
 */
export function readPositiveLabel(facts: LabelFacts): number | undefined {
  const { model, labels, wanted } = facts;
  const count = countLabels(facts);
  const names = labels.length === count ? `: ${labels.join(", ")}` : "";
  if (count === 1) {
    if (wanted === undefined) return undefined;
    throw new StartupError(`\`${model}\` has one label, so that there is none to choose`, {
      hint: "leave --positive-label out",
    });
  }
  if (count !== 2) {
    throw new StartupError(
      `\`${model}\` has ${count} labels per pair${names}; it is a classifier, and a reranker has 1`,
      { hint: "choose a cross-encoder with one output, a reranker" },
    );
  }
  if (wanted === undefined) {
    throw new StartupError(`\`${model}\` has 2 labels per pair${names}; a reranker has 1`, {
      hint: "if one of the two means that the document is relevant, name it with --positive-label; its logit less the other's is then the score's",
    });
  }
  const position = labels.indexOf(wanted);
  if (position >= 0) return position;
  if (wanted === "0" || wanted === "1") return Number(wanted);
  const known = labels.length === 2 ? `${labels.join(", ")}, 0 or 1` : "0 or 1";
  throw new StartupError(`--positive-label must be ${known}, got: \`${wanted}\``);
}

function countLabels({ graph, labels }: LabelFacts): number {
  const { outputs } = graph;
  const output = outputs.find(({ name }) => name === "logits") ?? outputs[0];
  const last = output?.shape.length === 2 ? output.shape[1] : undefined;
  if (typeof last === "number") return last;
  return output?.shape.length === 1 ? 1 : labels.length || 1;
}
