import { defaultServerLimits, type ServerLimits } from "../../src/server/limits.ts";
import type { TlsOptions } from "../../src/server/listen/listener.ts";
import { createServer, type RerankServer, type ServerOptions } from "../../src/server/server.ts";
import { createFakeModels } from "../fakes/fake-models.ts";
import { createRecordingLogger } from "../fakes/recording-logger.ts";

/** What a server for a protocol's test suite is given. */
export interface ProtocolServerOptions {
  readonly addServices?: ServerOptions["addServices"];
  readonly limits?: Partial<ServerLimits>;
  readonly tls?: TlsOptions | undefined;
}

/** A server that listens on loopback. */
export interface ProtocolServer {
  readonly server: RerankServer;
  readonly port: number;
}

/** Starts the server as it is, with further services, for a suite that calls these. */
export async function startProtocolServer(options: ProtocolServerOptions): Promise<ProtocolServer> {
  const { addServices, limits, tls } = options;
  const server = createServer({
    models: createFakeModels(),
    log: createRecordingLogger(),
    limits: { ...defaultServerLimits, ...limits },
    addServices,
    tls,
  });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  return { server, port };
}
