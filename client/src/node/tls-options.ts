import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import type { ClientTlsOptions } from "./client-options.ts";

/**
 * Returns Node's options for the certificates and the name of a TLS connection. Without `serverName`
 * the name is left to Node.
 */
export function tlsOptionsOf(options: ClientTlsOptions): ConnectionOptions {
  const { ca, cert, key, serverName, rejectUnauthorized } = options;
  return {
    ...(ca !== undefined && { ca: pemOf(ca) }),
    ...(cert !== undefined && { cert: pemOf(cert) }),
    ...(key !== undefined && { key: pemOf(key) }),
    ...(serverName !== undefined && serverNameOptionsOf(serverName)),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  };
}

/**
 * Returns Node's options for the name or IP address that a certificate must be for. An address is
 * not sent to the server: RFC 6066 does not allow it, and Node 26 refuses to.
 */
function serverNameOptionsOf(name: string): ConnectionOptions {
  const host = name.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) === 0) return { servername: host };
  return { checkServerIdentity: (_host, certificate) => checkServerIdentity(host, certificate) };
}

function pemOf(text: string | Uint8Array): string | Buffer {
  return typeof text === "string" ? text : Buffer.from(text);
}
