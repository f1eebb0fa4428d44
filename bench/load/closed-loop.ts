import type { RerankCase } from "../corpus/corpus.ts";

/** How to send one request. */
export interface SendOptions {
  readonly signal?: AbortSignal;
  /**
   * Tells the server how long the answer is of use; `none`: nothing is told. Default: ten minutes.
   */
  readonly deadlineMs?: number | "none";
}

/** Scores the documents of one request, in the order of the documents. */
export type Rerank = (request: RerankCase, options?: SendOptions) => Promise<readonly number[]>;

/** What a load run measured. */
export interface LoadResult {
  /** Documents of the requests that were answered. */
  readonly documents: number;
  /** From the first request to the last answer. */
  readonly elapsedMs: number;
  readonly documentsPerSecond: number;
  /** How long each answered request took, in the order of answers. */
  readonly latenciesMs: readonly number[];
}

/** How to load a server with clients that each wait for their answer. */
export interface ClosedLoopOptions {
  readonly rerank: Rerank;
  /** Sent once each, or over and over while `durationMs` lasts. */
  readonly requests: readonly RerankCase[];
  readonly clients: number;
  /** Send until this has passed instead of each request once. */
  readonly durationMs?: number;
}

/** Longest a single load run may take, in ms; a run that is slower than this has no meaning. */
const maxRunMs = 10 * 60_000;

/**
 * Loads a server with `clients` that send their next request when the last is answered. Rejects
 * with the first failure, and after ten minutes.
 */
export async function runClosedLoop(options: ClosedLoopOptions): Promise<LoadResult> {
  const { rerank, requests, clients, durationMs } = options;
  const latenciesMs: number[] = [];
  let documents = 0;
  let next = 0;
  const startedMs = performance.now();

  function takeRequest(): RerankCase | undefined {
    const passedMs = performance.now() - startedMs;
    if (passedMs > maxRunMs) throw new Error(`a load run took longer than ${maxRunMs} ms`);
    if (durationMs === undefined ? next >= requests.length : passedMs >= durationMs) return;
    const request = requests[next % requests.length];
    next += 1;
    return request;
  }

  async function runClient(): Promise<void> {
    for (;;) {
      const request = takeRequest();
      if (request === undefined) return;
      const sentMs = performance.now();
      await rerank(request);
      latenciesMs.push(performance.now() - sentMs);
      documents += request.documents.length;
    }
  }

  await Promise.all(Array.from({ length: clients }, runClient));
  const elapsedMs = performance.now() - startedMs;
  return { documents, elapsedMs, documentsPerSecond: (documents / elapsedMs) * 1000, latenciesMs };
}
