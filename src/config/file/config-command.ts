import { type Environment, parseOptions, UsageError } from "../options/parse-options.ts";
import { type Parsed, readServeConfig } from "../serve-config.ts";
import { configSchema } from "./config-schema.ts";
import { printConfig } from "./print-config.ts";

/** What `rerankd config` can do. */
const actions = ["check", "print", "schema"] as const;

/** The configuration of `rerankd config`: what it prints. */
export interface ConfigCommand {
  readonly text: string;
}

/**
 * Reads flags, environment and configuration file of `rerankd config ACTION`, which takes the
 * options of `serve`, and checks them as `serve` does. Throws UsageError with every problem at once.
 */
export function parseConfigCommand(
  argv: readonly string[],
  env: Environment,
): Parsed<ConfigCommand> {
  const parsed = parseOptions("config", argv, env);
  if (parsed.help) return { help: true };
  const [word] = parsed.positionals;
  const action = actions.find((name) => name === word);
  if (action === undefined) {
    const got = word === undefined ? "none" : `\`${word}\``;
    throw new UsageError([`\`config\` takes one of ${actions.join(", ")}, got: ${got}`]);
  }
  if (action === "schema") return printed(`${JSON.stringify(configSchema(), undefined, 2)}\n`);
  const checked = readServeConfig("config", parsed, env);
  if (checked.help) return checked;
  const { models } = checked.config;
  const summary = `ok: ${models.length === 1 ? "one model" : `${models.length} models`}\n`;
  const text = action === "check" ? summary : printConfig(parsed, parsed.models);
  return printed(text, checked.notes);
}

function printed(text: string, notes: readonly string[] = []): Parsed<ConfigCommand> {
  return { help: false, config: Object.freeze({ text }), notes };
}
