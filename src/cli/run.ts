import { commandHelp, programHelp } from "../config/help.ts";
import { type Environment, UsageError } from "../config/parse-options.ts";
import { parsePullConfig, parseServeConfig } from "../config/serve-config.ts";
import { StartupError } from "../errors.ts";
import { createLogger, type Logger } from "../telemetry/log.ts";
import { packageVersion } from "./package-root.ts";
import { pull } from "./pull.ts";
import { serve } from "./serve.ts";

/** What a command has of the process around it. */
export interface ProcessContext {
  /** Words after the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborts at the first SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
}

/** Exit codes, as in `docs/design.md`. */
const exitCodes = { ok: 0, fault: 1, usage: 2 } as const;

/**
 * Runs the command that the words name and returns the exit code: 0 ok, 1 fault, 2 usage. Never
 * rejects.
 */
export async function run(context: ProcessContext): Promise<number> {
  const { argv, stdout, stderr } = context;
  const [command, ...rest] = argv;
  try {
    switch (command) {
      case "serve":
        return await runServe(rest, context);
      case "pull":
        return await runPull(rest, context);
      case "version":
      case "--version":
        stdout.write(`rerankd ${packageVersion()}\n`);
        return exitCodes.ok;
      case "help":
      case "--help":
      case "-h":
        stdout.write(programHelp());
        return exitCodes.ok;
      case undefined:
        stderr.write(programHelp());
        return exitCodes.usage;
      default:
        throw new UsageError([`\`${command}\` is not a command`]);
    }
  } catch (error) {
    return report(error, command, stderr);
  }
}

async function runServe(argv: readonly string[], context: ProcessContext): Promise<number> {
  const parsed = parseServeConfig(argv, context.env);
  if (parsed.help) {
    context.stdout.write(commandHelp("serve"));
    return exitCodes.ok;
  }
  const log = loggerFor(parsed.config, context);
  const { clean } = await serve(parsed.config, { ...context, log });
  return clean ? exitCodes.ok : exitCodes.fault;
}

async function runPull(argv: readonly string[], context: ProcessContext): Promise<number> {
  const parsed = parsePullConfig(argv, context.env);
  if (parsed.help) {
    context.stdout.write(commandHelp("pull"));
    return exitCodes.ok;
  }
  const directory = await pull(parsed.config, context);
  context.stdout.write(`${directory}\n`);
  return exitCodes.ok;
}

function loggerFor(
  { logLevel, logFormat }: { readonly logLevel: string; readonly logFormat: string },
  { stderr, env }: ProcessContext,
): Logger {
  const color = stderr.isTTY === true && !env.NO_COLOR;
  return createLogger({ level: logLevel, format: logFormat, destination: stderr, color });
}

function report(error: unknown, command: string | undefined, stderr: NodeJS.WriteStream): number {
  if (error instanceof UsageError) {
    for (const problem of error.problems) stderr.write(`error: ${problem}\n`);
    const known = command === "serve" || command === "pull" ? `${command} ` : "";
    stderr.write(`\nhint: see \`rerankd ${known}--help\`\n`);
    return exitCodes.usage;
  }
  if (error instanceof StartupError) {
    stderr.write(`error: ${error.message}\n`);
    if (error.hint) stderr.write(`\nhint: ${error.hint}\n`);
    return exitCodes.fault;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(`error: this is a bug in rerankd: ${text}\n`);
  return exitCodes.fault;
}
