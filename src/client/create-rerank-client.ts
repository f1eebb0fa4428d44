import { RerankClientError } from "./client-error.ts";
import type { RerankClientOptions } from "./client-options.ts";
import type { RerankClient } from "./rerank-client.ts";

/**
 * Returns a client. It connects with its first call. Throws a RerankClientError with
 * `invalid_argument` if an option cannot be.
 */
export function createRerankClient(_options: RerankClientOptions = {}): RerankClient {
  throw new RerankClientError("unimplemented", "the transports are not there yet");
}
