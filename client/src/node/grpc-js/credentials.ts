import type { Socket } from "node:net";
import { type ConnectionOptions, connect, createSecureContext } from "node:tls";
import { CallCredentials, ChannelCredentials, type experimental } from "@grpc/grpc-js";
import type { ClientTlsOptions } from "../client-options.ts";
import { tlsOptionsOf } from "../tls-options.ts";

/**
 * Returns credentials for TLS, whose certificate must be for `tls.serverName` or else for `host`.
 * grpc-js's own send the host of the target as a name to the server also where it is an IP address,
 * which Node 26 refuses, so that no address could be connected to.
 */
export function tlsCredentialsOf(tls: ClientTlsOptions, host: string): ChannelCredentials {
  const { ca, cert, key, ...options } = tlsOptionsOf({
    ...tls,
    serverName: tls.serverName ?? host,
  });
  const secureContext = createSecureContext({ ca, cert, key });
  return new TlsCredentials({ ...options, secureContext, ALPNProtocols: ["h2"] });
}

class TlsCredentials extends ChannelCredentials {
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    super();
    this.#options = options;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    _target: experimental.GrpcUri,
    _options: object,
    callCredentials = CallCredentials.createEmpty(),
  ): experimental.SecureConnector {
    return {
      connect: (socket) => secure(socket, this.#options),
      waitForReady: async () => undefined,
      getCallCredentials: () => callCredentials,
      destroy: () => undefined,
    };
  }
}

function secure(
  socket: Socket,
  options: ConnectionOptions,
): Promise<experimental.SecureConnectResult> {
  return new Promise((resolve, reject) => {
    const secured = connect({ ...options, socket });
    secured.once("secureConnect", () => resolve({ socket: secured, secure: true }));
    // Stays, so that a later error of the connection ends no process.
    secured.on("error", reject);
  });
}
