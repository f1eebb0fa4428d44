import { errorFromAbort, RerankError } from "../../src/errors.ts";
import type { Reranker, RerankRequest, RerankResult } from "../../src/reranker/rerank-request.ts";

/** A call that the fake holds back. */
export interface HeldCall {
  readonly request: RerankRequest;
  readonly signal: AbortSignal;
  /** Answers the call. */
  release(): void;
  /** Fails the call. */
  fail(error: unknown): void;
}

/**
 * A reranker without a model. A document scores its length modulo 100, divided by 100, as a
 * float32. Text in the query steers it: `hold` holds the call back until the test releases it,
 * `bug` fails with an error that no client may see, `busy` and `loading` with the errors of a full
 * queue and of a model that is not there.
 */
export interface FakeReranker {
  /** See Reranker. A test may put another in its place. */
  rerank: Reranker["rerank"];
  /** Every request, in order. */
  readonly requests: readonly RerankRequest[];
  /** The calls that are held back now. */
  readonly held: readonly HeldCall[];
  /** Calls that ended because their signal aborted, with the code of the reason. */
  readonly aborted: readonly string[];
  /** Most calls that were in progress at once. */
  readonly maxActive: number;
  /** Resolves once the condition holds; looked at after every call's start and end. */
  until(condition: () => boolean): Promise<void>;
  /** Answers every call that is held back. */
  releaseAll(): void;
}

/** The model's name. */
export const fakeModel = "fake-model";

/** Most documents that the fake takes. */
export const fakeMaxDocuments = 1_000;

/** The text of the error that no client may see. */
export const secretMessage = "secret: /etc/private.key";

/** Returns a fake reranker. */
export function createFakeReranker(): FakeReranker {
  const requests: RerankRequest[] = [];
  const held: HeldCall[] = [];
  const aborted: string[] = [];
  const waiting = new Set<() => void>();
  let active = 0;
  let maxActive = 0;
  const changed = (): void => {
    for (const look of [...waiting]) look();
  };

  async function rerank(request: RerankRequest, signal: AbortSignal): Promise<RerankResult> {
    requests.push(request);
    active += 1;
    maxActive = Math.max(maxActive, active);
    try {
      if (signal.aborted) throw errorFromAbort(signal);
      check(request);
      if (request.query.includes("hold")) await hold(request, signal);
      return rank(request);
    } catch (error) {
      if (signal.aborted && error instanceof RerankError) aborted.push(error.code);
      throw error;
    } finally {
      active -= 1;
      changed();
    }
  }

  function hold(request: RerankRequest, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (settle: () => void) => () => {
        signal.removeEventListener("abort", onAbort);
        held.splice(held.indexOf(call), 1);
        settle();
      };
      const call: HeldCall = {
        request,
        signal,
        release: leave(resolve),
        fail: (error) => leave(() => reject(error))(),
      };
      const onAbort = leave(() => reject(errorFromAbort(signal)));
      signal.addEventListener("abort", onAbort);
      held.push(call);
      changed();
    });
  }

  return {
    requests,
    held,
    aborted,
    get maxActive() {
      return maxActive;
    },
    rerank,
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    releaseAll() {
      for (const call of [...held]) call.release();
    },
  };
}

function check({ query, documents, topN, model }: RerankRequest): void {
  if (query === "") throw invalid("query", "`query` must not be empty");
  if (query.includes("bug")) throw new TypeError(secretMessage);
  if (query.includes("busy")) {
    throw new RerankError("resource_exhausted", "the queue is full", { retryAfterMs: 1_500 });
  }
  if (query.includes("loading")) throw new RerankError("unavailable", "the model is loading");
  if (documents.length > fakeMaxDocuments) {
    const text = `\`documents\` must have at most ${fakeMaxDocuments} items, got: ${documents.length}`;
    throw invalid("documents", text);
  }
  if (topN && topN < 0) throw invalid("top_n", `\`top_n\` must be 0 or more, got: \`${topN}\``);
  if (model && model !== fakeModel) {
    throw new RerankError("not_found", `\`model\` must be \`${fakeModel}\``, { field: "model" });
  }
}

function invalid(field: string, message: string): RerankError {
  return new RerankError("invalid_argument", message, { field });
}

function rank({ query, documents, topN }: RerankRequest): RerankResult {
  const results = documents
    .map((document, index) => ({
      index,
      relevanceScore: Math.fround((document.length % 100) / 100),
      truncated: document.startsWith("long"),
    }))
    .sort((a, b) => b.relevanceScore - a.relevanceScore || a.index - b.index)
    .slice(0, topN || documents.length);
  const totalTokens = documents.length;
  return { model: fakeModel, results, totalTokens, queryTruncated: query.startsWith("long") };
}
