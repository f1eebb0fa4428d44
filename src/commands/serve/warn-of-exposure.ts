import { isLoopback } from "../../config/is-loopback.ts";
import type { ServeConfig } from "../../config/serve-config.ts";
import type { Logger } from "../../telemetry/log.ts";

/** The settings that decide whether the server is exposed. */
export type Exposure = Pick<
  ServeConfig,
  "host" | "unixSocket" | "tls" | "apiKeys" | "apiKeysPath"
> & {
  /** Version of Node's HTTP/2 library. Default: one without known faults. */
  readonly nghttp2Version?: string | undefined;
};

/** The first nghttp2 that survives a broken frame after an error (CVE-2026-27135). */
const soundNghttp2 = [1, 68, 1] as const;

/**
 * Warns, with a line for each, of a port beyond this machine without API key or without TLS, and
 * with an HTTP/2 library that any client can crash.
 */
export function warnOfExposure(config: Exposure, log: Logger): void {
  const { host, unixSocket, tls, apiKeys, apiKeysPath } = config;
  if (unixSocket !== undefined || isLoopback(host)) return;
  // Who has a certificate of the authority was let in by name.
  const hasMutualTls = tls?.clientCaPath !== undefined;
  if (apiKeys.length === 0 && apiKeysPath === undefined && !hasMutualTls) {
    log.warn(
      { host },
      "listening beyond loopback without an API key: anybody who reaches the port can use the model; set --api-keys-file",
    );
  }
  if (tls === undefined) {
    log.warn(
      { host },
      "listening beyond loopback without TLS: queries, documents and keys can be read on the way; set --tls-cert and --tls-key, or put a proxy with TLS in front",
    );
  }
  if (config.nghttp2Version !== undefined && isFragile(config.nghttp2Version)) {
    log.warn(
      { host, nghttp2: config.nghttp2Version },
      "listening beyond loopback with a Node whose HTTP/2 a broken frame ends (CVE-2026-27135): use Node 22.23 or 24.21 or later, or put a proxy in front",
    );
  }
}

function isFragile(version: string): boolean {
  const numbers = version.split(".").map(Number);
  const index = soundNghttp2.findIndex((part, at) => numbers[at] !== part);
  return index >= 0 && (numbers[index] ?? 0) < (soundNghttp2[index] ?? 0);
}
