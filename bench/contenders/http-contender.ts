import type { RerankCase } from "../corpus/corpus.ts";
import { createHttpClient } from "../load/http-client.ts";
import {
  type ChildServer,
  type ChildServerOptions,
  startChildServer,
} from "../process/child-server.ts";
import { type Contender, patientMs, type RunningContender } from "./contender.ts";

/** How a server's `POST /rerank` is written and read. */
export interface RerankDialect {
  /** Returns the body of a request, without further fields. */
  readonly write: (request: RerankCase) => Readonly<Record<string, unknown>>;
  /** Returns the scores in the order of the documents. Throws if one is missing. */
  readonly read: (body: string, documents: number) => number[];
}

/** `results` of `index` and `relevance_score`, as nearly all have it. */
const resultsDialect: RerankDialect = {
  write: ({ query, documents }) => ({ query, documents }),
  read: readScores,
};

/** A server that answers `POST /rerank`. */
export interface HttpContenderOptions {
  readonly name: string;
  readonly dtype: string;
  /** How to start it. */
  server(): Promise<ChildServerOptions>;
  /** Further fields of the request body, for example to ask for logits. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Default: `documents` in the request, `results` of `index` and `relevance_score` in the answer. */
  readonly dialect?: RerankDialect;
}

/** Creates a contender that is an HTTP server of its own process. */
export function createHttpContender(options: HttpContenderOptions): Contender {
  return {
    name: options.name,
    dtype: options.dtype,
    start: async () =>
      connectHttp(
        await startChildServer(await options.server()),
        options.fields ?? {},
        options.dialect,
      ),
  };
}

/** Returns a contender over a server that runs; stopping it stops the server. */
export function connectHttp(
  server: ChildServer,
  fields: Readonly<Record<string, unknown>>,
  { write, read }: RerankDialect = resultsDialect,
): RunningContender {
  const client = createHttpClient(server.url);
  return {
    server,
    async rerank(request, { signal, deadlineMs = patientMs } = {}) {
      const body = JSON.stringify({ ...write(request), ...fields });
      const headers: Readonly<Record<string, string>> =
        deadlineMs === "none" ? {} : { "x-request-timeout-ms": String(deadlineMs) };
      const answer = await client.post("/rerank", body, { signal, headers });
      return read(answer.body, request.documents.length);
    },
    async stop() {
      client.close();
      await server.stop();
    },
  };
}

/**
 * Returns the scores of a `POST /rerank` answer in the order of the documents. Throws if one is
 * missing.
 */
export function readScores(body: string, documents: number): number[] {
  const { results } = JSON.parse(body) as {
    results?: { index?: number; relevance_score?: number }[];
  };
  return placeScores(
    (results ?? []).map(({ index, relevance_score }) => [index, relevance_score]),
    documents,
  );
}

/**
 * Returns scores in the order of the documents, from pairs of a document's index and its score. Throws
 * if a document has none.
 */
export function placeScores(
  pairs: readonly (readonly [index: number | undefined, score: number | null | undefined])[],
  documents: number,
): number[] {
  const scores = new Array<number>(documents).fill(Number.NaN);
  for (const [index, score] of pairs) {
    if (index !== undefined && typeof score === "number") scores[index] = score;
  }
  if (scores.length !== documents || scores.some(Number.isNaN)) {
    throw new Error(`${documents} documents were sent, but not every one has a score`);
  }
  return scores;
}
