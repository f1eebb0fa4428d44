import type { Device, DeviceName } from "../devices.ts";
import { usableCores } from "../machine.ts";

/** A causal language model whose logits of a word or two are the score. */
export interface CausalModel {
  /** Ids of the words: the score is the first one's logit less that of the second, if there is one. */
  readonly wordIds: readonly number[];
  /**
   * The graph to run, which gives the logits of these words at one position. Absent for a graph that
   * gives those of the last position alone by itself.
   */
  readonly answers?: AnswerModel | undefined;
}

/** A graph in memory that answers at one position. */
export interface AnswerModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The folder of the files that its weights are in. */
  readonly weightsFolder: string;
  /** The input for the position, int64 [batch, 1, 1]. */
  readonly positionInput: string;
  /** The output, [batch, 1, words]. */
  readonly output: string;
}

/** How to open a model. Plain data, so that it can be sent to a worker thread. */
export interface OpenSessionOptions {
  /** The ONNX file. Weights beside it in their own file are found from there. */
  readonly modelPath: string;
  readonly device: DeviceName;
  /** The name of the weights' number format, for reports only: the file decides. */
  readonly dtype?: string | undefined;
  /**
   * Whether each row of a batch is computed alone: for graphs that quantize activations by the
   * largest of the batch, so that a logit would depend on the other rows. Default false.
   */
  readonly rowByRow?: boolean | undefined;
  /**
   * Which of two outputs means "relevant": a row's logit is this one's less the other's. Default: the
   * graph has one output.
   */
  readonly positiveLabel?: number | undefined;
  /**
   * The position of a row's first token, for graphs that are fed positions. Default 0; models of the
   * RoBERTa kind count from the padding id plus 1.
   */
  readonly firstPosition?: number | undefined;
  /** What a causal language model is asked. Default: the graph gives the score itself. */
  readonly causal?: CausalModel | undefined;
  /** Threads that compute one batch. Default 0: as many as the process may use at once. */
  readonly threads?: number | undefined;
  /**
   * Whether threads that wait for work keep their core busy. A little faster on a machine of its
   * own, at the cost of everything else that runs there, the event loop included. Default false.
   */
  readonly spinning?: boolean | undefined;
}

/** What a model runs on and with. */
export interface BackendInfo {
  readonly device: Device;
  readonly dtype: string | undefined;
  readonly threads: number;
  /** Whether each row of a batch is computed alone. */
  readonly rowByRow: boolean;
  /** Inputs of the graph that batches feed. */
  readonly inputs: readonly string[];
  /** What the operator should know, for example why `auto` is not on CUDA. One sentence each. */
  readonly notes: readonly string[];
}

/**
 * Returns how many threads compute a batch. 0 is every core that the process may use; the runtime's
 * own default counts the cores of the machine instead, also inside a container that may use fewer.
 */
export function threadCount(threads = 0): number {
  return threads === 0 ? usableCores() : threads;
}
