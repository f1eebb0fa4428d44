/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the variables of the process, or none in a browser. The one place of the client that looks
 * at `process`, and only where its caller gave no environment.
 */
export function processEnvironment(): Environment {
  return globalThis.process?.env ?? {};
}
