/** The function that turns a logit into a score. */
export type Activation = "sigmoid" | "identity" | "tanh";

/** The `--activation` setting; `auto` leaves each protocol its usual activation. */
export type ActivationChoice = "auto" | "sigmoid" | "model" | "none";

/** The activations that protocols use: ours, and that of the model's authors. */
export interface Activations {
  /** For protocols whose scores lie between 0 and 1: Jina's, Cohere's, TEI's and our own. */
  readonly usual: Activation;
  /** For protocols whose servers apply the model's own: vLLM's score API. */
  readonly asModel: Activation;
}

/**
 * Returns the activations that a choice means. `auto` leaves each protocol its usual activation;
 * the others are one activation for all.
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
