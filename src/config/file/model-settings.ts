import { type EngineConfig, readEngineConfig } from "../engine-config.ts";
import { defaultValues, optionValuesOf, UsageError } from "../options/parse-options.ts";
import { readModelLevel } from "./config-file.ts";

/** The limits of requests, which all models of a server have in common. */
type SharedLimits = Pick<EngineConfig, "maxDocuments" | "maxDocumentChars" | "maxQueryChars">;

/**
 * Reads the settings of one model, as an entry of `models` in a configuration file has them. Throws
 * UsageError with every problem at once; paths begin with `model`.
 */
export function parseModelSettings(settings: unknown, shared: SharedLimits): EngineConfig {
  const problems: string[] = [];
  const given = readModelLevel(settings, { at: "model" }, problems);
  if (problems.length > 0) throw new UsageError(problems);
  // It is not alone: its threads leave the cores to the others between runs.
  const values = new Map([...defaultValues(), ["spinning", "off"] as const, ...given]);
  const { maxDocuments, maxDocumentChars, maxQueryChars } = shared;
  const own = readEngineConfig(optionValuesOf(values));
  return Object.freeze({ ...own, maxDocuments, maxDocumentChars, maxQueryChars });
}
