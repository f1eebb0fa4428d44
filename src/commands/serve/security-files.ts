import { readFile } from "node:fs/promises";
import {
  isWeakApiKey,
  problemOfApiKey,
  type SecurityConfig,
  soundKeyChars,
  type TlsPaths,
} from "../../config/security-config.ts";
import { StartupError } from "../../errors.ts";
import { createKeyRing } from "../../server/access/api-keys.ts";
import type { TlsOptions } from "../../server/listen/listener.ts";
import type { RerankServer, ServerOptions } from "../../server/server.ts";
import type { Logger } from "../../telemetry/log.ts";
import { followFiles, stampOf } from "./follow-files.ts";

/** The API keys and certificates of a server, and the files that they are read from. */
export interface Security {
  /** The security options of the server. */
  readonly options: Pick<ServerOptions, "apiKeys" | "tls" | "corsOrigins" | "reflectionAccess">;
  /**
   * Passes changes of the files to the server, until the returned function is called. A broken
   * file, for example one that is half written, causes a warning and the old values stay.
   */
  follow(server: Pick<RerankServer, "setTls">): () => void;
}

/** Options of reading keys and certificates. */
export interface SecurityContext {
  readonly log: Logger;
  /** How often the files are polled, in milliseconds. */
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
    `API keys shorter than ${soundKeyChars} characters may be guessed: make longer ones, with \`openssl rand -hex 32\` for example`,
  );
}

/** Begins a comment, at the start of a line or after a blank. */
const commentPattern = /(?:^|\s)#.*$/;

/**
 * Reads a file of API keys: one a line, blanks around it and comments left out. Rejects with a
 * StartupError, which repeats no key, if it cannot be read, a line is no key, or there is none.
 */
export async function readApiKeys(path: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new StartupError(`--api-keys-file cannot be read: \`${path}\``, { cause });
  });
  const lines = text.split(/\r?\n/).map((line) => line.replace(commentPattern, "").trim());
  for (const [at, line] of lines.entries()) {
    const problem = line === "" ? undefined : problemOfApiKey(line);
    if (problem === undefined) continue;
    throw new StartupError(`--api-keys-file, line ${at + 1}: a key ${problem}: \`${path}\``, {
      hint: "a key is one word; `openssl rand -hex 32` makes a good one",
    });
  }
  const keys = lines.filter((line) => line !== "");
  if (keys.length > 0) return keys;
  throw new StartupError(`--api-keys-file holds no key: \`${path}\``, {
    hint: "write one key a line, for example of `openssl rand -hex 32`",
  });
}

/** Reads the files of a certificate. Rejects with a StartupError that names the flag at fault. */
export async function readTlsFiles(paths: TlsPaths): Promise<TlsOptions> {
  const { certPath, keyPath, clientCaPath } = paths;
  return {
    cert: await read("tls-cert", certPath),
    key: await read("tls-key", keyPath),
    ...(clientCaPath !== undefined && { clientCa: await read("tls-client-ca", clientCaPath) }),
  };
}

/** Returns the paths that are set. */
function listTlsPaths({ certPath, keyPath, clientCaPath }: TlsPaths): readonly string[] {
  return [certPath, keyPath, ...(clientCaPath === undefined ? [] : [clientCaPath])];
}

function read(flag: string, path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw new StartupError(`--${flag} cannot be read: \`${path}\``, { cause });
  });
}
