import type { RerankErrorCode } from "../../errors.ts";
import type { EncodedBatch } from "../backend.ts";
import type { BackendInfo } from "../session/session-options.ts";

/**
 * Every message that the main thread sends to the worker. They are answered in order, one at a
 * time.
 */
export type WorkerRequest =
  /**
   * Compute a batch. Its arrays are transferred. Answered by `scored` or `failed` with the same id.
   */
  | { readonly type: "score"; readonly id: number; readonly batch: EncodedBatch }
  /**
   * Free the model and end the thread, after every batch that was sent before. Answered by the
   * thread's exit.
   */
  | { readonly type: "close" };

/**
 * Every message that the worker sends back. Errors travel as data: a structured clone loses their
 * class.
 */
export type WorkerResponse =
  /** The model is loaded; `score` may be sent. The first message, unless it is `start_failed`. */
  | { readonly type: "started"; readonly info: BackendInfo }
  /**
   * The model cannot be loaded; the thread ends by itself. The fields are those of StartupError.
   */
  | {
      readonly type: "start_failed";
      readonly message: string;
      readonly hint: string | undefined;
      readonly cause: string;
    }
  /** One logit per row of the batch with this id, transferred. */
  | { readonly type: "scored"; readonly id: number; readonly logits: Float32Array<ArrayBuffer> }
  /**
   * The batch with this id could not be computed; the worker keeps running. `cause` is for logs
   * only.
   */
  | {
      readonly type: "failed";
      readonly id: number;
      readonly code: RerankErrorCode;
      readonly message: string;
      readonly cause: string;
    }
  /** Something that the operator should know came up while batches ran. */
  | { readonly type: "noted"; readonly note: string }
  /** From now on the model runs slower than it should; without a reason, no longer. */
  | { readonly type: "degraded"; readonly reason: string | undefined };
