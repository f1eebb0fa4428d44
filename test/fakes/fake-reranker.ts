import { errorFromAbort, RerankError } from "../../src/errors.ts";
import { errorAt } from "../../src/reranker/at-position.ts";
import { checkRequest, defaultRequestLimits } from "../../src/reranker/check-request.ts";
import type {
  RerankCall,
  Reranker,
  RerankRequest,
  RerankResult,
} from "../../src/reranker/rerank-request.ts";

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
 * `bug` fails with an error that no client may see, `busy`, `vast` and `loading` with the errors of a
 * full queue, of a request that never fits and of a model that is not there.
 */
export interface FakeReranker {
  /** See Reranker. A test may put another in its place. */
  rerank: Reranker["rerank"];
  /** Ranks each of them by itself; the position of the first that fails is told. */
  rerankTogether: Reranker["rerankTogether"];
  /** Every request, in order. */
  readonly requests: readonly RerankRequest[];
  /** How long each of them may take. */
  readonly timeouts: readonly (number | undefined)[];
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

const fakeLimits = { ...defaultRequestLimits, maxDocuments: fakeMaxDocuments };

/** The text of the error that no client may see. */
const secretMessage = "secret: /etc/private.key";

/** Returns a fake reranker. */
export function createFakeReranker(): FakeReranker {
  const requests: RerankRequest[] = [];
  const timeouts: (number | undefined)[] = [];
  const held: HeldCall[] = [];
  const aborted: string[] = [];
  const waiting = new Set<() => void>();
  let active = 0;
  let maxActive = 0;
  const changed = (): void => {
    for (const look of [...waiting]) look();
  };

  async function rerank(request: RerankRequest, call: RerankCall): Promise<RerankResult> {
    const { signal } = call;
    requests.push(request);
    timeouts.push(call.timeoutMs);
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
    timeouts,
    held,
    aborted,
    get maxActive() {
      return maxActive;
    },
    rerank,
    rerankTogether: (together, call) =>
      Promise.all(
        together.map((request, position) =>
          rerank(request, call).catch((error: unknown) => {
            throw errorAt(position, error);
          }),
        ),
      ),
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

function check(request: RerankRequest): void {
  checkRequest(request, fakeLimits, [fakeModel]);
  const { query } = request;
  if (query.includes("bug")) throw new TypeError(secretMessage);
  if (query.includes("busy")) {
    throw new RerankError("resource_exhausted", "the queue is full", { retryAfterMs: 1_500 });
  }
  if (query.includes("vast")) {
    throw new RerankError("resource_exhausted", "the request can never fit");
  }
  if (query.includes("loading")) throw new RerankError("unavailable", "the model is loading");
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
  const queryTruncated = query.startsWith("long");
  const timings = { tokenizationMs: 1.25, queueMs: 2.5, inferenceMs: 3.5, totalMs: 7.500000000001 };
  return { model: fakeModel, results, totalTokens, queryTruncated, timings };
}
