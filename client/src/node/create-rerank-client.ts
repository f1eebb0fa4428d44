import { setMaxListeners } from "node:events";
import { RerankClientError } from "../call/client-error.ts";
import { type ClientTransport, createLazyTransport } from "../call/client-transport.ts";
import { createClient } from "../create-client.ts";
import type { RerankClient } from "../rerank-client.ts";
import type { RerankClientOptions } from "./client-options.ts";
import { type ClientSettings, settingsOf } from "./client-settings.ts";

/** Node's code of a package that is not installed. */
const absentCode = "ERR_MODULE_NOT_FOUND";

/**
 * Returns a client. It connects with its first call. Throws a RerankClientError with
 * `invalid_argument` if an option cannot be.
 */
export function createRerankClient(options: RerankClientOptions = {}): RerankClient {
  const settings = settingsOf(options);
  const transport = createLazyTransport(() => loadTransport(settings));
  const closing = new AbortController();
  // Node 20 warns of more than ten calls at once otherwise.
  setMaxListeners(0, closing.signal);
  return createClient(transport, { ...settings, fallback: options.fallback }, closing);
}

async function loadTransport(settings: ClientSettings): Promise<ClientTransport> {
  if (settings.transport === "grpc-js") {
    const { createGrpcJsTransport } = await import("./grpc-js/transport.ts").catch(explainAbsence);
    return createGrpcJsTransport(settings);
  }
  const { createHttp2Transport } = await import("./http2-transport.ts");
  return createHttp2Transport(settings);
}

/** Names the package that is missing where it is: `@grpc/grpc-js` is an optional peer. */
function explainAbsence(cause: unknown): never {
  const isAbsent = cause instanceof Error && "code" in cause && cause.code === absentCode;
  if (!isAbsent) throw cause;
  const message =
    "`transport` `grpc-js`, as for several addresses, needs another package: npm install @grpc/grpc-js";
  throw new RerankClientError("invalid_argument", message, { cause });
}
