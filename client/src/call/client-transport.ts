import type {
  DescMessage,
  DescMethodBiDiStreaming,
  DescMethodUnary,
  MessageShape,
} from "@bufbuild/protobuf";
import type { CallScope } from "./call-scope.ts";

/** What a transport needs to know of a call. */
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
