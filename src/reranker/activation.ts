/** What becomes of a logit. */
export type Activation = "sigmoid" | "identity" | "tanh";

/** What the operator asks to become of logits. */
export type ActivationChoice = "auto" | "sigmoid" | "model" | "none";

/** The activation of each habit that a protocol may have. */
export interface Activations {
  /** For protocols whose scores lie between 0 and 1: Jina's, Cohere's, TEI's and our own. */
  readonly usual: Activation;
  /** For protocols whose servers apply the model's own: vLLM's score API. */
  readonly asModel: Activation;
}

/**
 * Returns the activations that a choice means. `auto` leaves each protocol its habit; the others
 * are one activation for all.
 */
export function chooseActivations(choice: ActivationChoice, model: Activation): Activations {
  switch (choice) {
    case "auto":
      return { usual: "sigmoid", asModel: model };
    case "sigmoid":
      return { usual: "sigmoid", asModel: "sigmoid" };
    case "model":
      return { usual: model, asModel: model };
    case "none":
      return { usual: "identity", asModel: "identity" };
  }
}

/** Returns a logit as a score, computed in double precision. */
export function activate(logit: number, activation: Activation): number {
  switch (activation) {
    case "sigmoid":
      return sigmoid(logit);
    case "tanh":
      return Math.tanh(logit);
    case "identity":
      return logit;
  }
}

/** Returns 1 / (1 + e^-logit): the logit as a score between 0 and 1. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
