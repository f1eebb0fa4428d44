/** What a test asks of the saboteur in a server. */
export type FaultMessage =
  /** End one inference thread, the oldest. */
  | { readonly type: "crash"; readonly how: CrashKind }
  /** From now on the pretended GPU has memory for batches of this many token ids. */
  | { readonly type: "gpu"; readonly cells: number }
  /** Collect garbage, and answer with a ServerSample. */
  | { readonly type: "sample" };

/** Ways in which the inference thread can end. */
export type CrashKind = "exit" | "throw" | "oom" | "abort";

/** What a server process holds, after garbage was collected. */
export interface ServerSample {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Timers, sockets and requests that keep the event loop alive. */
  readonly handles: number;
  /** Open file descriptors, sockets among them. */
  readonly descriptors: number;
  readonly sockets: number;
}
