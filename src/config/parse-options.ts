import { parseArgs } from "node:util";
import { type Command, type Option, takes } from "./option.ts";
import { options } from "./options.ts";

/**
 * A mistake on the command line or in the environment. Printed with all its problems, exit status
 * 2.
 */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Checked option values by flag name, and the words that belong to no flag. */
export interface ParsedOptions {
  /** Returns the text of an option, or undefined if it has neither value nor default. */
  optionalText(flag: string): string | undefined;
  /** Returns the number of an integer option, or undefined likewise. */
  optionalInteger(flag: string): number | undefined;
  /** Returns the text of an option that has a default. */
  text(flag: string): string;
  /** Returns the number of an integer option that has a default. */
  integer(flag: string): number;
  /** Returns the names of a repeatable option. */
  names(flag: string): readonly string[];
  /** Whether the flag or its environment variable was given. */
  isSet(flag: string): boolean;
  readonly positionals: readonly string[];
  /** Whether `--help` was asked for. */
  readonly help: boolean;
  /** Everything that was wrong; values of wrong options are absent. */
  readonly problems: readonly string[];
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a command's flags and environment variables. Collects all problems and never throws. */
export function parseOptions(
  command: Command,
  argv: readonly string[],
  env: Environment,
): ParsedOptions {
  const known = options.filter((option) => takes(command, option));
  const problems: string[] = [];
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  let help = false;

  const flags = Object.fromEntries(
    known.flatMap(({ flag, aliases = [] }) =>
      [flag, ...aliases].map((name) => [name, { type: "string" as const, multiple: true }]),
    ),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: { ...flags, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = known.find(
      ({ flag, aliases = [] }) => flag === token.name || aliases.includes(token.name),
    );
    if (token.name === "help" || token.name === "h") help = true;
    else if (!option) problems.push(`${token.rawName} is not an option of \`${command}\``);
    else if (token.value === undefined) problems.push(`${token.rawName} needs a value`);
    else given.set(option.flag, [...(given.get(option.flag) ?? []), token.value]);
  }

  const texts = new Map<string, readonly string[]>();
  for (const option of known) {
    const fromFlag = given.get(option.flag);
    const fromEnv = option.env.find((name) => env[name]);
    const values = fromFlag ?? (fromEnv ? [env[fromEnv] ?? ""] : undefined);
    const source = fromFlag ? `--${option.flag}` : (fromEnv ?? "");
    if (values === undefined) {
      if (option.default !== undefined) texts.set(option.flag, [option.default]);
      continue;
    }
    const problem = problemOf(option, values);
    if (problem) problems.push(`${source} ${problem}`);
    else texts.set(option.flag, values);
  }

  const optionalText = (flag: string) => texts.get(flag)?.at(-1);
  const text = (flag: string) => {
    const value = optionalText(flag);
    if (value === undefined) throw new Error(`--${flag} has neither value nor default`);
    return value;
  };
  return {
    optionalText,
    optionalInteger: (flag) => (texts.has(flag) ? Number(text(flag)) : undefined),
    text,
    integer: (flag) => Number(text(flag)),
    names: (flag) => (texts.get(flag) ?? []).flatMap(splitNames),
    isSet: (flag) =>
      given.has(flag) ||
      known.some((option) => option.flag === flag && option.env.some((name) => env[name])),
    positionals,
    help,
    problems,
  };
}

function splitNames(list: string): string[] {
  return list.split(",").flatMap((name) => name.trim() || []);
}

/** Returns what is wrong with an option's values, or undefined. */
function problemOf({ type }: Option, values: readonly string[]): string | undefined {
  const value = values.at(-1) ?? "";
  if (values.length > 1 && type.kind !== "names") return "must be given once";
  if (value === "") return "must not be empty";
  if (type.kind === "choice" && !type.choices.includes(value)) {
    return `must be one of ${type.choices.join(", ")}, got: \`${value}\``;
  }
  if (type.kind === "integer") {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= type.min && number <= type.max)) {
      return `must be a whole number from ${type.min} to ${type.max}, got: \`${value}\``;
    }
  }
  return undefined;
}
