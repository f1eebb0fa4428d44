import { isWeakApiKey, type SecurityConfig } from "../../config/security-config.ts";
import { createKeyRing } from "../../server/access/key-ring.ts";
import type { RerankServer, ServerOptions } from "../../server/server.ts";
import type { Logger } from "../../telemetry/log.ts";
import { readApiKeys } from "./api-keys.ts";
import { followFiles, stampOf } from "./follow-files.ts";
import { listTlsPaths, readTlsFiles } from "./tls-files.ts";

/** Keys and certificates, and the files that they come from. */
export interface Security {
  /** What the server is made with. */
  readonly options: Pick<ServerOptions, "apiKeys" | "tls" | "corsOrigins" | "reflectionAccess">;
  /**
   * Hands what changes in the files to the server, until the returned function is called. What is
   * broken, in the middle of a change say, is left alone with a warning, and the old stays.
   */
  follow(server: Pick<RerankServer, "setTls">): () => void;
}

/** What reading needs. */
export interface SecurityContext {
  readonly log: Logger;
  /** How often the files are looked at, in milliseconds. */
  readonly pollMs?: number | undefined;
}

/** Reads keys and certificates. Rejects with a StartupError if a file is missing or broken. */
export async function openSecurity(
  config: SecurityConfig,
  { log, pollMs }: SecurityContext,
): Promise<Security> {
  const { apiKeysPath, corsOrigins, reflectionAccess, tls } = config;
  const readKeys = async (): Promise<readonly string[]> => [
    ...config.apiKeys,
    ...(apiKeysPath === undefined ? [] : await readApiKeys(apiKeysPath)),
  ];
  const keyPaths = apiKeysPath === undefined ? [] : [apiKeysPath];
  const tlsPaths = tls === undefined ? [] : listTlsPaths(tls);
  const keysSince = await stampOf(keyPaths);
  const tlsSince = await stampOf(tlsPaths);
  const keys = await readKeys();
  const apiKeys = keys.length === 0 ? undefined : createKeyRing(keys);
  // A variable of the common name `API_KEY` may have been meant for another program.
  if (apiKeys !== undefined) log.info({ keys: keys.length }, "callers need an API key");
  warnOfWeakKeys(keys, log);

  const reload = (
    what: string,
    paths: readonly string[],
    since: string,
    read: () => Promise<object>,
  ) => {
    let lastReason: string | undefined;
    const onChange = async (): Promise<boolean> => {
      try {
        log.info({ files: paths, ...(await read()) }, `${what} were read again`);
        lastReason = undefined;
        return true;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== lastReason) {
          const message = `${what} have changed and are broken: the old ones stay`;
          log.warn({ files: paths, reason }, message);
        }
        lastReason = reason;
        return false;
      }
    };
    return followFiles(paths, { since, onChange, pollMs });
  };

  return {
    options: { apiKeys, corsOrigins, reflectionAccess, tls: tls && (await readTlsFiles(tls)) },
    follow(server) {
      const ends: (() => void)[] = [];
      if (apiKeys !== undefined && keyPaths.length > 0) {
        const readAgain = async () => {
          const next = await readKeys();
          apiKeys.replace(next);
          warnOfWeakKeys(next, log);
          return { keys: next.length };
        };
        ends.push(reload("the API keys", keyPaths, keysSince, readAgain));
      }
      if (tls !== undefined) {
        const readAgain = async () => {
          server.setTls(await readTlsFiles(tls));
          return {};
        };
        ends.push(reload("the TLS files", tlsPaths, tlsSince, readAgain));
      }
      return () => {
        for (const end of ends) end();
      };
    },
  };
}

function warnOfWeakKeys(keys: readonly string[], log: Logger): void {
  const weak = keys.filter(isWeakApiKey).length;
  if (weak === 0) return;
  log.warn(
    { keys: weak },
    "API keys shorter than 16 characters may be guessed: make longer ones, with `openssl rand -hex 32` for example",
  );
}
