import { readFileSync } from "node:fs";
import { RerankClientError } from "../call/client-error.ts";
import { modelOfVariable } from "../call/model-variable.ts";
import { type Environment, processEnvironment } from "../call/process-environment.ts";
import { AddressError, parseAddresses } from "../call/server-address.ts";
import type { ClientTlsOptions, RerankClientOptions } from "./client-options.ts";

/**
 * Returns the options that the environment sets, and no others: `url` from `RERANKER_URL` (one
 * address, or several with commas), `model` from `RERANKER_MODEL`, `apiKey` from
 * `RERANKER_API_KEY`, and for an `https` address `tls` from the files that `RERANKER_TLS_CA`,
 * `RERANKER_TLS_CLIENT_CERT` and `RERANKER_TLS_CLIENT_KEY` name. A variable that is empty counts as
 * not set. So does a model that is `bundled`, a folder, several, or one with a name of its own
 * (`NAME=ID`), as a server that shares the variable may have it: requests then take what is served.
 * Default: the environment of the process. Throws a RerankClientError with `invalid_argument` if one
 * of the files cannot be read.
 */
export function clientOptionsFromEnv(
  env: Environment = processEnvironment(),
): Pick<RerankClientOptions, "url" | "model" | "apiKey" | "tls"> {
  const { RERANKER_URL: url, RERANKER_API_KEY: apiKey } = env;
  const model = modelOfVariable(env.RERANKER_MODEL);
  const tls = url && isSecure(url) ? tlsFromEnv(env) : undefined;
  return {
    ...(url && { url }),
    ...(model && { model }),
    ...(apiKey && { apiKey }),
    ...(tls && { tls }),
  };
}

/**
 * Whether all addresses are `https`; false for an unreadable one, which createRerankClient refuses
 * later.
 */
function isSecure(url: string): boolean {
  try {
    return parseAddresses(url).every(({ secure }) => secure);
  } catch (error) {
    if (error instanceof AddressError) return false;
    throw error;
  }
}

function tlsFromEnv(env: Environment): ClientTlsOptions | undefined {
  const read = (name: string): Buffer | undefined => {
    const path = env[name];
    if (!path) return undefined;
    try {
      return readFileSync(path);
    } catch (cause) {
      const message = `${name} cannot be read: \`${path}\``;
      throw new RerankClientError("invalid_argument", message, { cause });
    }
  };
  const ca = read("RERANKER_TLS_CA");
  const cert = read("RERANKER_TLS_CLIENT_CERT");
  const key = read("RERANKER_TLS_CLIENT_KEY");
  return ca || cert || key ? { ca, cert, key } : undefined;
}
