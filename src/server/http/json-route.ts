import { RerankError } from "../../errors.ts";
import { linkSignals } from "../../linked-signal.ts";
import type { RerankCall, RerankRequest, RerankResult } from "../../reranker/rerank-request.ts";
import { countCharacters, timingHeaders } from "../call/timing-headers.ts";
import { checkJsonContentType } from "./content-type.ts";
import { deadlineHeader, parseDeadlineHeader } from "./deadline-header.ts";
import { decodeJson } from "./decode-json.ts";
import { type JsonFields, readObject } from "./json-fields.ts";
import { readBody } from "./read-body.ts";
import type { Route, RouteContext, RouteOptions } from "./route.ts";
import type { JsonAnswer } from "./send-json.ts";

/** What a dialect answers a JSON body with. */
export interface JsonRouteContext extends RouteContext {
  readonly options: RouteOptions;
  /** Ranks under the caller's deadline; rejects with a RerankError. */
  rank(request: RerankRequest): Promise<RerankResult>;
  /** Ranks several as one: see Reranker. */
  rankTogether(requests: readonly RerankRequest[]): Promise<RerankResult[]>;
}

/** Turns a decoded body into an answer, or throws a RerankError or an HttpError. */
export type Dialect = (fields: JsonFields, context: JsonRouteContext) => Promise<JsonAnswer>;

/** Returns the handler of a route with a JSON body: reads it, and lets the dialect answer. */
export function jsonRoute(options: RouteOptions, dialect: Dialect): Route["handle"] {
  const { reranker, limits } = options;

  return async (context) => {
    const startedMs = performance.now();
    const { request, call } = context;
    checkJsonContentType(request.headers["content-type"]);
    const { maxBodyBytes, maxRequestTimeoutMs } = limits;
    const timeoutMs = parseDeadlineHeader(request.headers[deadlineHeader], maxRequestTimeoutMs);
    const deadline = linkSignals({
      signals: [context.signal],
      timeoutMs,
      timeoutReason: () =>
        new RerankError("deadline_exceeded", "the deadline passed before the request was done", {
          field: deadlineHeader,
          ...(timeoutMs !== undefined && { limit: timeoutMs }),
        }),
    });
    const begin = (wanted: readonly RerankRequest[]): RerankCall => {
      call.documents = wanted.reduce((sum, { documents }) => sum + documents.length, 0);
      const leftMs = timeoutMs && timeoutMs - (performance.now() - startedMs);
      const observer = call.observeRanking?.();
      return { signal: deadline.signal, timeoutMs: leftMs, observer };
    };
    const rank: JsonRouteContext["rank"] = (wanted) => reranker.rerank(wanted, begin([wanted]));
    const rankTogether: JsonRouteContext["rankTogether"] = (wanted) =>
      reranker.rerankTogether(wanted, begin(wanted));
    try {
      const bytes = await readBody(request, maxBodyBytes, deadline.signal);
      const fields = readObject("body", decodeJson(bytes));
      const { signal } = deadline;
      // The dialect changes the shape of errors on the context that the handler looks at.
      const given = { options, rank, rankTogether, signal };
      return await dialect(fields, Object.assign(context, given));
    } finally {
      deadline.unlink();
    }
  };
}

/** Returns the headers of the answer to one ranking. */
export function rankingHeaders(
  { query, documents }: RerankRequest,
  result: RerankResult,
  { options }: JsonRouteContext,
): Record<string, string> {
  const { device } = options.health.report;
  return timingHeaders({ ...result, device, characters: countCharacters(query, documents) });
}
