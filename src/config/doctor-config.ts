import { type Environment, parseOptions } from "./options/parse-options.ts";
import { type Parsed, readServeConfig, type ServeConfig } from "./serve-config.ts";

/** The configuration of `rerankd doctor`, checked and frozen. */
export interface DoctorConfig {
  /** The server whose needs are looked at. */
  readonly serve: ServeConfig;
  readonly json: boolean;
}

/**
 * Reads flags and environment of `rerankd doctor`, which takes the options of `serve`. Throws
 * UsageError with every problem at once.
 */
export function parseDoctorConfig(argv: readonly string[], env: Environment): Parsed<DoctorConfig> {
  const options = parseOptions("doctor", argv, env);
  const parsed = readServeConfig("doctor", options, env);
  if (parsed.help) return parsed;
  const json = options.flag("json");
  return { ...parsed, config: Object.freeze({ serve: parsed.config, json }) };
}
