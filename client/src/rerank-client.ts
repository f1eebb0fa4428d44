import type {
  CallOptions,
  RerankRequest,
  RerankResponse,
  RerankStreamAnswer,
  RerankStreamRequest,
  ServerHealth,
} from "./call/rerank-types.ts";
import type {
  Candidate,
  FallbackCallOptions,
  RankedCandidates,
} from "./fallback/fallback-types.ts";

/**
 * Calls a rerank server. Calls reject with a RerankClientError, or with the reason of their signal
 * if that aborted.
 */
export interface RerankClient {
  /** Orders documents by how relevant they are to the query. */
  rerank(request: RerankRequest, options?: CallOptions): Promise<RerankResponse>;
  /**
   * Sends many independent requests on one call and yields each answer as soon as it is there, so
   * answers may overtake each other. A request that fails answers with its own `error`. Requests
   * are taken only as fast as the server reads them. Leaving the loop ends the call.
   */
  rerankStream(
    requests: AsyncIterable<RerankStreamRequest> | Iterable<RerankStreamRequest>,
    options?: CallOptions,
  ): AsyncIterable<RerankStreamAnswer>;
  /** Returns what the server says of itself; resolves in every state of a server that runs. */
  health(options?: CallOptions): Promise<ServerHealth>;
  /**
   * Orders candidates of a search by relevance; if the server is down, slow, restarting or
   * overloaded, by similarity and recency. Rejects only with errors that a retry cannot fix:
   * `invalid_argument`, `not_found`, `unauthenticated`, `permission_denied`, an abort by the
   * caller, a closed client.
   */
  rerankOrFallback<T extends Candidate>(
    query: string,
    candidates: readonly T[],
    options?: FallbackCallOptions,
  ): Promise<RankedCandidates<T>>;
  /**
   * Ends what is in flight with `cancelled` and closes every connection, so that the process can
   * exit. Further calls reject.
   */
  close(): Promise<void>;
  /** Closes the client at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}
