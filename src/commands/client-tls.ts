import { readFile } from "node:fs/promises";
import type { ClientTlsOptions } from "../../client/src/index.ts";
import type { ClientTlsPaths } from "../config/server-choice.ts";
import { StartupError } from "../errors.ts";

/** Reads the files of a client's side of TLS. Rejects with a StartupError that names the flag. */
export async function readClientTls(paths: ClientTlsPaths): Promise<ClientTlsOptions> {
  const { caPath, certPath, keyPath } = paths;
  return {
    ca: await read("tls-ca", caPath),
    cert: await read("tls-client-cert", certPath),
    key: await read("tls-client-key", keyPath),
  };
}

async function read(flag: string, path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  return await readFile(path).catch((cause: unknown) => {
    throw new StartupError(`--${flag} cannot be read: \`${path}\``, { cause });
  });
}
