import { create } from "@bufbuild/protobuf";
import { HealthRequestSchema, RerankService } from "../../gen/rerank/v1/rerank_service_pb.ts";
import { type CallScope, openCallScope } from "./call/call-scope.ts";
import { checkPositive } from "./call/check.ts";
import { RerankClientError } from "./call/client-error.ts";
import type { ClientTransport } from "./call/client-transport.ts";
import { healthOf, requestMessageOf, responseOf, streamAnswerOf } from "./call/messages.ts";
import { requestMessages } from "./call/request-messages.ts";
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
  FallbackOptions,
  RankedCandidates,
} from "./fallback/fallback-types.ts";
import { createRerankOrFallback } from "./fallback/rerank-or-fallback.ts";

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
   * overloaded, by similarity and recency. Rejects only where waiting mends nothing:
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

/** What a client needs to know beside its transport. */
export interface CallDefaults {
  /** How long a call may take, in milliseconds. */
  readonly timeoutMs: number;
  /** The model that requests ask for; empty for the one that is served. */
  readonly model: string;
  readonly fallback: FallbackOptions | undefined;
}

/**
 * Returns a client whose calls go over a transport. `close` aborts `closing`, and every call in flight
 * listens to its signal.
 */
export function createClient(
  transport: ClientTransport,
  settings: CallDefaults,
  closing = new AbortController(),
): RerankClient {
  const open = (options: CallOptions, defaultTimeoutMs: number): CallScope => {
    const { timeoutMs = defaultTimeoutMs, signal } = options;
    checkPositive("timeoutMs", timeoutMs);
    return openCallScope({ timeoutMs, signals: [signal, closing.signal] });
  };

  /** Makes one call; it rejects at once when its scope ends, whatever the transport does. */
  async function call<Answer>(
    options: CallOptions,
    send: (scope: CallScope) => Promise<Answer>,
  ): Promise<Answer> {
    const scope = open(options, settings.timeoutMs);
    try {
      scope.signal.throwIfAborted();
      return await scope.race(send(scope));
    } finally {
      scope.close();
    }
  }

  const rerank: RerankClient["rerank"] = (request, options = {}) =>
    call(options, async (scope) => {
      const message = requestMessageOf(request, settings.model);
      return responseOf(await transport.unary(RerankService.method.rerank, message, scope));
    });

  const rerankStream: RerankClient["rerankStream"] = async function* (requests, options = {}) {
    const scope = open(options, Number.POSITIVE_INFINITY);
    const messages = requestMessages(requests, settings.model, scope);
    try {
      scope.signal.throwIfAborted();
      const call = transport.stream(RerankService.method.rerankStream, messages, scope);
      const answers = call[Symbol.asyncIterator]();
      for (;;) {
        const next = await scope.race(answers.next());
        if (next.done) return;
        yield streamAnswerOf(next.value);
      }
    } finally {
      scope.abort(new RerankClientError("cancelled", "the stream ended"));
      scope.close();
      await messages.return();
    }
  };

  const close = (): Promise<void> => {
    closing.abort(new RerankClientError("cancelled", "the client is closed"));
    return transport.close();
  };

  return {
    rerank,
    rerankStream,
    health: (options = {}) =>
      call(options, async (scope) => {
        const message = create(HealthRequestSchema);
        return healthOf(await transport.unary(RerankService.method.health, message, scope));
      }),
    rerankOrFallback: createRerankOrFallback(rerank, settings.fallback, settings.timeoutMs),
    close,
    [Symbol.asyncDispose]: close,
  };
}
