import type { RerankStreamRequest as RequestMessage } from "../../../gen/rerank/v1/rerank_service_pb.ts";
import type { CallScope } from "./call-scope.ts";
import { streamRequestMessageOf } from "./messages.ts";
import type { RerankStreamRequest } from "./rerank-types.ts";

/**
 * Yields the message of each request, taken from the caller only when the connection can send it.
 * An error of the caller's source, or a request that cannot be a message, ends the call with that
 * error; one that the transport throws into it is the transport's to report. The source is closed
 * when the call ends, even while it makes its next request.
 */
export async function* requestMessages(
  requests: AsyncIterable<RerankStreamRequest> | Iterable<RerankStreamRequest>,
  defaultModel: string,
  scope: CallScope,
): AsyncGenerator<RequestMessage, void, undefined> {
  const source =
    Symbol.asyncIterator in requests
      ? requests[Symbol.asyncIterator]()
      : requests[Symbol.iterator]();
  let ended = false;
  const take = async (): Promise<IteratorResult<RerankStreamRequest>> => {
    try {
      const next = await source.next();
      ended = next.done === true;
      return next;
    } catch (error) {
      ended = true;
      scope.abort(error);
      throw error;
    }
  };
  const toMessage = (request: RerankStreamRequest): RequestMessage => {
    try {
      return streamRequestMessageOf(request, defaultModel);
    } catch (error) {
      scope.abort(error);
      throw error;
    }
  };
  try {
    for (;;) {
      const next = await scope.race(take());
      if (next.done) return;
      yield toMessage(next.value);
    }
  } finally {
    // A source that still makes its next request closes itself after that.
    if (!ended) closeSource(source);
  }
}

function closeSource(
  source: AsyncIterator<RerankStreamRequest> | Iterator<RerankStreamRequest>,
): void {
  // The call has its outcome already, whatever the source's end brings.
  void (async () => source.return?.())().catch(() => undefined);
}
