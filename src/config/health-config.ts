import { type Environment, parseOptions, UsageError } from "./parse-options.ts";
import type { Parsed } from "./serve-config.ts";
import { problemOfUrl } from "./server-url.ts";

/** What `rerankd health` can be told. Checked and frozen. */
export interface HealthConfig {
  readonly url: string;
  readonly timeoutMs: number;
  /** Whether to print JSON on a terminal too. */
  readonly json: boolean;
}

/**
 * Reads flags and environment of `rerankd health`. Without a URL it is the server of this machine,
 * on the Unix socket or port that `serve` would take. Throws UsageError with every problem at once.
 */
export function parseHealthConfig(argv: readonly string[], env: Environment): Parsed<HealthConfig> {
  const parsed = parseOptions("health", argv, env);
  if (parsed.help) return { help: true };
  const problems = [...parsed.problems];
  for (const word of parsed.positionals) {
    problems.push(`\`health\` takes no argument, got: \`${word}\``);
  }
  const url = parsed.optionalText("url");
  const unixSocket = parsed.optionalText("unix-socket");
  problems.push(...problemOfUrl(url));
  if (problems.length > 0) throw new UsageError(problems);
  const port = parsed.integer("port");
  return {
    help: false,
    config: Object.freeze({
      url: url ?? (unixSocket ? `unix:${unixSocket}` : `http://127.0.0.1:${port}`),
      timeoutMs: parsed.integer("timeout-ms"),
      json: parsed.flag("json"),
    }),
  };
}
