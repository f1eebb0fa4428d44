import { StartupError } from "../errors.ts";
import { type AnswerGraph, makeAnswerGraph, UnknownHeadError } from "../onnx/answer-graph.ts";
import type { OnnxFile } from "../onnx/onnx-file.ts";
import { type ModelPrompt, promptTemplates, templateNames } from "./prompt/prompt-templates.ts";

/** How the logits of a causal language model become a score. */
export interface CausalFacts {
  /** The words whose logits are the score: the first one's less that of the second, if there is one. */
  readonly answerWords: readonly string[];
  /** Whether the graph can be asked for the logits of its last position alone. */
  readonly answersLast: boolean;
}

/** Keys and values of earlier tokens among a graph's inputs. */
const pastInput = /^past_key|^past\b|^use_cache_branch$/;

/** Inputs by which a graph computes logits for its last positions only. */
const keepInput = /^(num_)?logits_to_keep$/;

/**
 * Returns whether a graph is that of a causal language model: it goes on after keys and values, or
 * gives logits at every position of a model that reads from left to right.
 */
export function isCausalGraph({ inputs, outputs }: OnnxFile, isDecoder: boolean): boolean {
  const logits = outputs.find(({ name }) => name === "logits");
  return (
    inputs.some(({ name }) => pastInput.test(name)) || (isDecoder && logits?.shape.length === 3)
  );
}

/**
 * Returns how the logits of a causal language model become a score. Throws a StartupError where its
 * template does not tell which words answer.
 */
export function readCausalFacts(
  model: string,
  { inputs, outputs }: OnnxFile,
  prompt: ModelPrompt | undefined,
): CausalFacts {
  if (prompt?.answerWords !== undefined) {
    const logits = outputs.find(({ name }) => name === "logits");
    const answersLast = inputs.some(({ name }) => keepInput.test(name)) || logits?.shape[1] === 1;
    return { answerWords: prompt.answerWords, answersLast };
  }
  const known = templateNames.filter((name) => promptTemplates[name].answerWords !== undefined);
  throw new StartupError(
    `\`${model}\` is a causal language model, which predicts the next word, and it is not known which words are the score`,
    {
      hint: `name its template with --template (${known.join(", ")}), or export it as a graph with one logit with \`rerankd-export\` of tools/export`,
    },
  );
}

/**
 * Returns the graph of a causal model changed to answer with the logits of some words at one
 * position. Only the description of the graph is read and kept in memory, in a tenth of a second, so
 * that nothing is written to a disk. Throws a StartupError for a graph whose logits would fill the
 * memory.
 */
export function loadAnswerGraph(
  { name, onnxPath }: { readonly name: string; readonly onnxPath: string },
  wordIds: readonly number[],
): AnswerGraph {
  try {
    return makeAnswerGraph(onnxPath, wordIds);
  } catch (cause) {
    if (!(cause instanceof UnknownHeadError)) throw cause;
    throw new StartupError(
      `\`${name}\` would compute the logits of its whole vocabulary at every position, gigabytes for a batch, and its graph cannot be changed: ${cause.message}`,
      {
        hint: "export it as a graph with one logit with `rerankd-export` of tools/export, or with an input `num_logits_to_keep`",
        cause,
      },
    );
  }
}
