import { setMaxListeners } from "node:events";
import { create } from "@bufbuild/protobuf";
import { HealthRequestSchema, RerankService } from "../../gen/rerank/v1/rerank_service_pb.ts";
import { type CallScope, openCallScope } from "./call-scope.ts";
import { checkPositive } from "./check.ts";
import { RerankClientError } from "./client-error.ts";
import type { RerankClientOptions } from "./client-options.ts";
import { type ClientSettings, settingsOf } from "./client-settings.ts";
import { type ClientTransport, createLazyTransport } from "./client-transport.ts";
import { healthOf, requestMessageOf, responseOf, streamAnswerOf } from "./messages.ts";
import { requestMessages } from "./request-messages.ts";
import type { RerankClient } from "./rerank-client.ts";
import { createRerankOrFallback } from "./rerank-or-fallback.ts";
import type { CallOptions } from "./rerank-types.ts";

/**
 * Returns a client. It connects with its first call. Throws a RerankClientError with
 * `invalid_argument` if an option cannot be.
 */
export function createRerankClient(options: RerankClientOptions = {}): RerankClient {
  const settings = settingsOf(options);
  const transport = createLazyTransport(() => loadTransport(settings));
  const closing = new AbortController();
  // Every call in flight listens to it.
  setMaxListeners(0, closing.signal);

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
    rerankOrFallback: createRerankOrFallback(rerank, options.fallback, settings.timeoutMs),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function loadTransport(settings: ClientSettings): Promise<ClientTransport> {
  if (settings.transport === "grpc-js") {
    const { createGrpcJsTransport } = await import("./grpc-js-transport.ts");
    return createGrpcJsTransport(settings);
  }
  const { createHttp2Transport } = await import("./http2-transport.ts");
  return createHttp2Transport(settings);
}
