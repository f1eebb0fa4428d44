import { readFile } from "node:fs/promises";
import type { TlsPaths } from "../../config/security-config.ts";
import { StartupError } from "../../errors.ts";
import type { TlsOptions } from "../../server/listen/listener.ts";

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
export function listTlsPaths({ certPath, keyPath, clientCaPath }: TlsPaths): readonly string[] {
  return [certPath, keyPath, ...(clientCaPath === undefined ? [] : [clientCaPath])];
}

function read(flag: string, path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw new StartupError(`--${flag} cannot be read: \`${path}\``, { cause });
  });
}
