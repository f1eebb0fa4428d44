import { type EngineConfig, readEngineConfig } from "./engine-config.ts";
import { type Environment, parseOptions, UsageError } from "./options/parse-options.ts";
import type { Parsed } from "./serve-config.ts";
import { problemsOfClientTls, readServerChoice, type ServerChoice } from "./server-choice.ts";

/** The configuration of `rerankd mcp`, checked and frozen. */
export interface McpConfig {
  /** Folders whose files the tools may read. */
  readonly roots: readonly string[];
  /** undefined: the model runs in this process. */
  readonly server: ServerChoice | undefined;
  readonly engine: EngineConfig;
}

/** Reads flags and environment of `rerankd mcp`. Throws UsageError with every problem at once. */
export function parseMcpConfig(argv: readonly string[], env: Environment): Parsed<McpConfig> {
  const parsed = parseOptions("mcp", argv, env);
  if (parsed.help) return { help: true };
  const problems = [...parsed.problems, ...problemsOfClientTls(parsed)];
  for (const word of parsed.positionals) {
    problems.push(`\`mcp\` takes no argument, got: \`${word}\``);
  }
  if (problems.length > 0) throw new UsageError(problems);
  const roots = parsed.list("root");
  return {
    help: false,
    config: Object.freeze({
      roots: roots.length > 0 ? roots : ["."],
      server: readServerChoice(parsed),
      engine: readEngineConfig(parsed),
    }),
    notes: parsed.notes,
  };
}
