import assert from "node:assert/strict";
import { type Environment, UsageError } from "../../src/config/options/parse-options.ts";
import { type Parsed, parseServeConfig, type ServeConfig } from "../../src/config/serve-config.ts";

/** Returns the config of a command line that asks for no help. */
export function configOf<Config>(parsed: Parsed<Config>): Config {
  assert(!parsed.help);
  return parsed.config;
}

/** Parses and expects problems. */
export function problemsOf(parse: () => unknown): readonly string[] {
  try {
    parse();
  } catch (error) {
    assert(error instanceof UsageError);
    return error.problems;
  }
  return assert.fail("nothing was wrong");
}

/** Returns the config of `rerankd serve` with these words. */
export function serveConfig(argv: readonly string[], env: Environment = {}): ServeConfig {
  return configOf(parseServeConfig(argv, env));
}

/** Returns what is wrong with these words of `rerankd serve`. */
export function serveProblems(argv: readonly string[], env: Environment = {}): readonly string[] {
  return problemsOf(() => parseServeConfig(argv, env));
}
