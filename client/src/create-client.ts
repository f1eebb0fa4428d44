import { create } from "@bufbuild/protobuf";
import { HealthRequestSchema, RerankService } from "../../gen/rerank/v1/rerank_service_pb.ts";
import { type CallScope, openCallScope } from "./call/call-scope.ts";
import { checkPositive, checkSignal } from "./call/check.ts";
import { RerankClientError } from "./call/client-error.ts";
import type { ClientTransport } from "./call/client-transport.ts";
import { healthOf, requestMessageOf, responseOf, streamAnswerOf } from "./call/messages.ts";
import { requestMessages } from "./call/request-messages.ts";
import type { CallOptions } from "./call/rerank-types.ts";
import type { FallbackOptions } from "./fallback/fallback-types.ts";
import { createRerankOrFallback } from "./fallback/rerank-or-fallback.ts";
import type { RerankClient } from "./rerank-client.ts";

/** The defaults of a client's calls. */
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
    checkSignal(signal);
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
