import { isIPv4 } from "node:net";
import type { ServeConfig } from "../config/serve-config.ts";
import type { Logger } from "../telemetry/log.ts";

/** What the warning looks at. */
export type Exposure = Pick<ServeConfig, "host" | "unixSocket" | "tls" | "apiKeys" | "apiKeysPath">;

/** Warns, with a line for each, of a port beyond this machine without API key or without TLS. */
export function warnOfExposure(config: Exposure, log: Logger): void {
  const { host, unixSocket, tls, apiKeys, apiKeysPath } = config;
  if (unixSocket !== undefined || isLoopback(host)) return;
  // Who has a certificate of the authority was let in by name.
  const hasMutualTls = tls?.clientCaPath !== undefined;
  if (apiKeys.length === 0 && apiKeysPath === undefined && !hasMutualTls) {
    log.warn(
      { host },
      "listening beyond loopback without an API key: whoever reaches the port can use the model; set --api-keys-file",
    );
  }
  if (tls === undefined) {
    log.warn(
      { host },
      "listening beyond loopback without TLS: queries, documents and keys can be read on the way; set --tls-cert and --tls-key, or put a proxy with TLS in front",
    );
  }
}

function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIPv4(host) && host.startsWith("127.");
}
