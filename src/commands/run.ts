import { RerankClientError } from "../../client/src/index.ts";
import { parseDoctorConfig } from "../config/doctor-config.ts";
import { parseEvalConfig } from "../config/eval-config.ts";
import { type HealthConfig, parseHealthConfig } from "../config/health-config.ts";
import { parseMcpConfig } from "../config/mcp-config.ts";
import { commandHelp, programHelp } from "../config/options/help.ts";
import { nearestWord } from "../config/options/nearest-word.ts";
import type { Command } from "../config/options/option.ts";
import { UsageError } from "../config/options/parse-options.ts";
import { parseRankConfig } from "../config/rank-config.ts";
import {
  type Parsed,
  parsePullConfig,
  parseServeConfig,
  type ServeConfig,
} from "../config/serve-config.ts";
import { RerankError, StartupError } from "../errors.ts";
import { packageVersion } from "../package-root.ts";
import { createLogger, type Logger } from "../telemetry/log.ts";
import { hasColors } from "../terminal/has-colors.ts";
import { writeOutput } from "./files/write-output.ts";
import type { ProcessContext } from "./process-context.ts";
import { readNamedArguments } from "./read-server-arguments.ts";

/** The exit codes of the program, as `docs/design.md` lists them. */
const exitCodes = { ok: 0, fault: 1, usage: 2, incomplete: 3 } as const;

/**
 * Runs the command that the words name and returns the exit code: 0 ok, 1 fault, 2 usage, 3 done but
 * for lines that cannot be ranked. Never rejects. A command's module is loaded when the command runs, so that a health check need not wait
 * for the engine's.
 */
export async function run(context: ProcessContext): Promise<number> {
  const { argv, env, stdout, stderr } = context;
  const [command, ...rest] = argv;
  try {
    switch (command) {
      case "serve":
        return await runServe(parseServeConfig(rest, env), context);
      case "pull":
        return await runCommand(command, parsePullConfig(rest, env), context, async (config) => {
          const { pull } = await import("./pull.ts");
          await writeOutput(stdout, `${await pull(config, context)}\n`);
          return exitCodes.ok;
        });
      case "rank":
        return await runCommand(command, parseRankConfig(rest, env), context, async (config) => {
          if (config.query === undefined) {
            const { rankLists } = await import("./rank/rank-lists.ts");
            return (await rankLists(config, context)) ? exitCodes.ok : exitCodes.incomplete;
          }
          const { rank } = await import("./rank.ts");
          await rank(config, context);
          return exitCodes.ok;
        });
      case "health":
        return await runHealth(parseHealthConfig(rest, env, readNamedArguments), context);
      case "eval":
        return await runCommand(command, parseEvalConfig(rest, env), context, async (config) => {
          if (config.parity !== undefined) {
            const { checkParity } = await import("./eval/check-parity.ts");
            await checkParity({ ...config, parity: config.parity }, context);
            return exitCodes.ok;
          }
          const { evaluate } = await import("./eval.ts");
          await evaluate(config, context);
          return exitCodes.ok;
        });
      case "mcp":
        return await runCommand(command, parseMcpConfig(rest, env), context, async (config) => {
          const { mcp } = await import("./mcp.ts");
          await mcp(config, context);
          return exitCodes.ok;
        });
      case "doctor":
        return await runCommand(command, parseDoctorConfig(rest, env), context, async (config) => {
          const { doctor } = await import("./doctor.ts");
          return (await doctor(config, context)) ? exitCodes.ok : exitCodes.fault;
        });
      case "config": {
        const { parseConfigCommand } = await import("../config/file/config-command.ts");
        return await runCommand(command, parseConfigCommand(rest, env), context, async (config) => {
          await writeOutput(stdout, config.text);
          return exitCodes.ok;
        });
      }
      case "version":
      case "--version":
        await writeOutput(stdout, `rerankd ${packageVersion()}\n`);
        return exitCodes.ok;
      case "help":
      case "--help":
      case "-h":
        await writeOutput(stdout, programHelp());
        return exitCodes.ok;
      case undefined:
        stderr.write(programHelp());
        return exitCodes.usage;
      default:
        throw new UsageError([unknownCommand(command)]);
    }
  } catch (error) {
    return report(error, context);
  }
}

/** Its notes are lines of the log, as everything that a server says. */
async function runServe(parsed: Parsed<ServeConfig>, context: ProcessContext): Promise<number> {
  const { notes = [], ...withoutNotes } = parsed.help ? { ...parsed, notes: [] } : parsed;
  return await runCommand("serve", withoutNotes, context, async (config) => {
    const { serve } = await import("./serve.ts");
    const log = loggerFor(config, context);
    for (const note of notes) log.warn({}, note);
    const { clean } = await serve(config, { ...context, log });
    return clean ? exitCodes.ok : exitCodes.fault;
  });
}

async function runHealth(parsed: Parsed<HealthConfig>, context: ProcessContext): Promise<number> {
  return await runCommand("health", parsed, context, async (config) => {
    const { health } = await import("./health.ts");
    return (await health(config, context)) ? exitCodes.ok : exitCodes.fault;
  });
}

/**
 * Prints the command's help if it was asked for, else what is odd about the environment, and runs
 * it. Returns the exit code.
 */
async function runCommand<Config>(
  command: Command,
  parsed: Parsed<Config>,
  { stdout, stderr }: ProcessContext,
  execute: (config: Config) => Promise<number>,
): Promise<number> {
  if (parsed.help) {
    await writeOutput(stdout, commandHelp(command));
    return exitCodes.ok;
  }
  for (const note of parsed.notes ?? []) stderr.write(`note: ${note}\n`);
  return await execute(parsed.config);
}

function loggerFor(
  { logLevel, logFormat }: { readonly logLevel: string; readonly logFormat: string },
  { stderr, env }: ProcessContext,
): Logger {
  const color = hasColors(stderr, env);
  return createLogger({ level: logLevel, format: logFormat, destination: stderr, color });
}

const commands: readonly string[] = [
  "serve",
  "pull",
  "rank",
  "health",
  "eval",
  "mcp",
  "doctor",
  "config",
] satisfies Command[];

function unknownCommand(command: string): string {
  const nearest = nearestWord(command, [...commands, "version", "help"]);
  const hint = nearest === undefined ? "" : `; did you mean \`${nearest}\`?`;
  return `\`${command}\` is not a command${hint}`;
}

function report(error: unknown, { argv: [command = ""], stderr, stop }: ProcessContext): number {
  if (error instanceof UsageError) {
    for (const problem of error.problems) stderr.write(`error: ${problem}\n`);
    const known = commands.includes(command) ? `${command} ` : "";
    stderr.write(`\nhint: see \`rerankd ${known}--help\`\n`);
    return exitCodes.usage;
  }
  if (stop.aborted && isAbort(error)) {
    stderr.write("error: stopped before it was done\n");
    return exitCodes.fault;
  }
  if (error instanceof StartupError) {
    stderr.write(`error: ${error.message}\n`);
    if (error.hint) stderr.write(`\nhint: ${error.hint}\n`);
    return error.isUsage ? exitCodes.usage : exitCodes.fault;
  }
  if (error instanceof RerankError || error instanceof RerankClientError) {
    stderr.write(`error: ${error.code}: ${error.message}\n`);
    return exitCodes.fault;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(`error: this is a bug in rerankd: ${text}\n`);
  return exitCodes.fault;
}

/** Whether an error says no more than that the work was ended from outside. */
function isAbort(error: unknown): boolean {
  if (error instanceof RerankError) return error.code === "cancelled";
  return error instanceof Error && error.name === "AbortError";
}
