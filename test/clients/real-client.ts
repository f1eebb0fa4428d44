/** One call of a client to a server, as the checks ask for it. */
export interface ClientCall {
  /** Where the server listens, such as `http://127.0.0.1:7998`. */
  readonly url: string;
  readonly model: string;
  readonly query: string;
  readonly documents: readonly string[];
  /** Default: all documents. */
  readonly topN?: number;
  /** Asks for the documents' texts in the answer. */
  readonly returnDocuments?: boolean;
  /** 0 turns the client's retries off, where it can. Default: as the client does by itself. */
  readonly retries?: 0;
}

/** A document as a client ranks it. */
export interface ClientRank {
  /** Position of the document in the call. */
  readonly index: number;
  readonly score: number;
  /** What the client read as the document's text; absent if it read none. */
  readonly text?: unknown;
}

/** What a caller of the client gets: ranks, or the client's own error. */
export type ClientAnswer =
  | { readonly ranks: readonly ClientRank[] }
  | { readonly error: ClientFault };

/** A client's own error. */
export interface ClientFault {
  /** Name of its class. */
  readonly type: string;
  /** All that the error tells, the server's answer included. */
  readonly message: string;
}

/** What is checked of every client. */
export const checkNames = [
  "ranks",
  "top_n",
  "documents",
  "wrong model",
  "too many documents",
  "oversize body",
  "overload",
  "stop",
] as const;

/** Name of a check. */
export type CheckName = (typeof checkNames)[number];

/** A client from its registry, unmodified, behind one way to call it. */
export interface RealClient {
  readonly name: string;
  /** Where its package comes from. */
  readonly registry: "npm" | "PyPI";
  readonly package: string;
  readonly version: string;
  /** Checks that do not apply, each with the reason. */
  readonly without: Readonly<Partial<Record<CheckName, string>>>;
  /** Checks in which the client raises an error that leaves the server's message out. */
  readonly mute: readonly CheckName[];
  /** Calls the server. Resolves with the client's error too; rejects only on a fault of the test. */
  rerank(call: ClientCall): Promise<ClientAnswer>;
}

/** Awaits a client's call and turns what it throws into an answer. */
export async function answerOf(ranks: () => Promise<readonly ClientRank[]>): Promise<ClientAnswer> {
  try {
    return { ranks: await ranks() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { error: { type: error.constructor.name, message: error.message } };
  }
}
