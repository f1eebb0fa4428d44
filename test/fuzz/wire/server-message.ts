/** The name of the model that the server under test serves. */
export const fuzzModel = "fuzz-model";

/** What is measured of the server, after its garbage was collected. */
export interface ServerState {
  /** Memory of its thread that is in use, in bytes. */
  readonly heapBytes: number;
  /** Sockets, timers and the like that keep the thread alive. */
  readonly handles: number;
  /** Tokens that wait for the model or run. */
  readonly pendingTokens: number;
  /** Errors that were logged, and exceptions and rejections that nobody caught. */
  readonly errorCount: number;
  /** The first of them. */
  readonly errors: readonly string[];
}

/** What the thread of the server sends. */
export type ServerMessage =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "state"; readonly state: ServerState };
