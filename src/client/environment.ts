import type { RerankClientOptions } from "./client-options.ts";

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the variables of the process, or none where there is no process. The one place of the
 * client that looks at `process`, and only where its caller gave no environment.
 */
export function processEnvironment(): Environment {
  return globalThis.process?.env ?? {};
}

/** What the server may be told to serve and no request can ask for: `bundled`, or a folder. */
const onlyForServers = /^bundled$|^[.~/]|\\/;

/**
 * Returns the options that the environment sets, and no others: `url` from `RERANKER_URL` (one
 * address, or several with commas), `model` from `RERANKER_MODEL`, `apiKey` from
 * `RERANKER_API_KEY`. A variable that is empty counts as not set. So does a model that is `bundled`
 * or a folder, as a server that shares the variable may have it: requests then take what is served.
 * Default: the environment of the process.
 */
export function clientOptionsFromEnv(
  env: Environment = processEnvironment(),
): Pick<RerankClientOptions, "url" | "model" | "apiKey"> {
  const { RERANKER_URL: url, RERANKER_MODEL: model, RERANKER_API_KEY: apiKey } = env;
  return {
    ...(url && { url }),
    ...(model && !onlyForServers.test(model) && { model }),
    ...(apiKey && { apiKey }),
  };
}
