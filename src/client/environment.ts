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

/**
 * Returns the options that the environment sets: `RERANKER_URL` (one address, or several with
 * commas), `RERANKER_MODEL` and `RERANKER_API_KEY`. A variable that is empty counts as not set.
 * Default: the environment of the process.
 */
export function clientOptionsFromEnv(
  env: Environment = processEnvironment(),
): Pick<RerankClientOptions, "url" | "model" | "apiKey"> {
  return {
    url: env.RERANKER_URL || undefined,
    model: env.RERANKER_MODEL || undefined,
    apiKey: env.RERANKER_API_KEY || undefined,
  };
}
