import type { Rerank } from "../load/closed-loop.ts";
import type { ChildServer } from "../process/child-server.ts";

/** Something that reranks on given weights, which the benchmark can start. */
export interface Contender {
  /** Unique in a run, for example `rerankd fp32`. */
  readonly name: string;
  /** The weights it computes with; scores of equal dtypes must agree. */
  readonly dtype: string;
  /** Rejects if it cannot run here. */
  start(): Promise<RunningContender>;
}

/** A contender that answers. */
export interface RunningContender {
  /** Scores are logits in the order of the documents. */
  readonly rerank: Rerank;
  /** Its process; absent for what runs inside the benchmark. */
  readonly server?: ChildServer;
  stop(): Promise<void>;
}

/**
 * How long clients say they wait where a figure is not about waiting: nothing is refused for it. In
 * ms.
 */
export const patientMs = 10 * 60_000;

/** What every contender is given. */
export interface ContenderContext {
  /** The model's folder, as on the hub. */
  readonly modelFolder: string;
  /** Threads of inference, all together. */
  readonly threads: number;
  /** Whether they were asked for. Else this project's server divides the cores by itself. */
  readonly threadsAsked: boolean;
  /** Tokens at which a pair is cut. */
  readonly maxLength: number;
  /** The repository's folder. */
  readonly root: string;
}
