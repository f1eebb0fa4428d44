import { type ChildServer, type ChildServerOptions, startChildServer } from "../child-server.ts";
import { createHttpClient } from "../http-client.ts";
import { type Contender, patientMs, type RunningContender } from "./contender.ts";

/**
 * A server that answers `POST /rerank` with `results` of `index` and `relevance_score`, as nearly
 * all do.
 */
export interface HttpContenderOptions {
  readonly name: string;
  readonly dtype: string;
  /** How to start it. */
  server(): Promise<ChildServerOptions>;
  /** Further fields of the request body, for example to ask for logits. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Creates a contender that is an HTTP server of its own process. */
export function createHttpContender(options: HttpContenderOptions): Contender {
  return {
    name: options.name,
    dtype: options.dtype,
    start: async () =>
      connectHttp(await startChildServer(await options.server()), options.fields ?? {}),
  };
}

/** Returns a contender over a server that runs; stopping it stops the server. */
export function connectHttp(
  server: ChildServer,
  fields: Readonly<Record<string, unknown>>,
): RunningContender {
  const client = createHttpClient(server.url);
  return {
    server,
    async rerank({ query, documents }, { signal, deadlineMs = patientMs } = {}) {
      const body = JSON.stringify({ query, documents, ...fields });
      const headers: Readonly<Record<string, string>> =
        deadlineMs === "none" ? {} : { "x-request-timeout-ms": String(deadlineMs) };
      const answer = await client.post("/rerank", body, { signal, headers });
      return readScores(answer.body, documents.length);
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
  const scores = new Array<number>(documents).fill(Number.NaN);
  for (const { index, relevance_score } of results ?? []) {
    if (index !== undefined && relevance_score !== undefined) scores[index] = relevance_score;
  }
  if (scores.length !== documents || scores.some(Number.isNaN)) {
    throw new Error(`${documents} documents were sent, but not every one has a score`);
  }
  return scores;
}
