import type {
  DescMessage,
  DescMethodBiDiStreaming,
  DescMethodUnary,
  MessageShape,
} from "@bufbuild/protobuf";
import { ConnectError, type Transport } from "@connectrpc/connect";
import type { CallScope } from "./call-scope.ts";
import type { RerankClientError } from "./client-error.ts";
import { type ErrorDetail, retryAfterMsOf } from "./parse-retry-after.ts";
import { errorOfStatus } from "./wire-error.ts";

/** How long a call may take, in milliseconds: longer than a busy server lets a request wait. */
export const defaultTimeoutMs = 30_000;

/** The signal and deadline of a call, as transports take them. */
export type TransportCall = Pick<CallScope, "signal" | "timeoutMs">;

/**
 * Carries calls to a server. Rejects with RerankClientErrors; once the call's signal aborted, with
 * anything.
 */
export interface ClientTransport {
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    message: MessageShape<I>,
    call: TransportCall,
  ): Promise<MessageShape<O>>;
  /** Sends the messages as fast as they are read. The signal ends it if the answers are left. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    messages: AsyncIterable<MessageShape<I>>,
    call: TransportCall,
  ): AsyncIterable<MessageShape<O>>;
  /** Closes every connection. */
  close(): Promise<void>;
}

/** Returns a transport that is loaded with its first call, or a later one where that failed. */
export function createLazyTransport(load: () => Promise<ClientTransport>): ClientTransport {
  let loading: Promise<ClientTransport> | undefined;
  const loaded = (): Promise<ClientTransport> => {
    loading ??= load().catch((error) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  const transportFor = async ({ signal }: TransportCall): Promise<ClientTransport> => {
    const transport = await loaded();
    // The call may have ended, and the transport been closed, in the meantime.
    signal.throwIfAborted();
    return transport;
  };
  return {
    unary: async (method, message, call) => (await transportFor(call)).unary(method, message, call),
    async *stream(method, messages, call) {
      yield* (await transportFor(call)).stream(method, messages, call);
    },
    async close() {
      // One that could not be loaded has nothing to close.
      const transport = await loading?.catch(() => undefined);
      await transport?.close();
    },
  };
}

/** What a transport of Connect is used with. */
export interface ConnectTransportOptions {
  /** Headers of every call. */
  readonly headers: Headers | Record<string, string>;
  /** Closes every connection. */
  readonly close: () => Promise<void>;
}

/** Returns a transport over one of Connect's, whichever protocol that speaks. */
export function connectTransportOf(
  transport: Transport,
  { headers, close }: ConnectTransportOptions,
): ClientTransport {
  return {
    async unary(method, message, { signal, timeoutMs }) {
      try {
        const answer = await transport.unary(method, signal, timeoutMs, headers, message);
        return answer.message;
      } catch (error) {
        throw errorOfConnect(error);
      }
    },
    async *stream(method, messages, { signal, timeoutMs }) {
      try {
        const answer = await transport.stream(method, signal, timeoutMs, headers, messages);
        yield* answer.message;
      } catch (error) {
        throw errorOfConnect(error);
      }
    },
    close,
  };
}

function errorOfConnect(cause: unknown): RerankClientError {
  const error = ConnectError.from(cause);
  const details = error.details.filter((detail): detail is ErrorDetail => "type" in detail);
  return errorOfStatus({
    status: error.code,
    message: error.rawMessage,
    // What the server answers has headers; an error of the connection has none.
    fromServer: [...error.metadata.keys()].length > 0,
    retryAfterMs: retryAfterMsOf(details, error.metadata.get("retry-after")),
    cause,
  });
}
