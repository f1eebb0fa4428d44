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
  /** Returns the number of a decimal option, or undefined if it has neither value nor default. */
  optionalNumber(flag: string): number | undefined;
  /** Whether a flag without a value was given. */
  flag(name: string): boolean;
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

/** What a flag without a value stands for once it is given. */
const given = "true";

/**
 * Reads a command's flags and environment variables. Options that the command does not take have
 * their defaults. Collects all problems and never throws.
 */
export function parseOptions(
  command: Command,
  argv: readonly string[],
  env: Environment,
): ParsedOptions {
  const known = options.filter((option) => takes(command, option));
  const problems: string[] = [];
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  let help = false;

  const flags = Object.fromEntries(
    known.flatMap(({ flag, short, aliases = [], type }) =>
      [flag, ...aliases].map((name) => [
        name,
        {
          type: type.kind === "flag" ? ("boolean" as const) : ("string" as const),
          multiple: true,
          ...(short && name === flag ? { short } : {}),
        },
      ]),
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
    else if (option.type.kind === "flag") {
      if (token.value !== undefined) problems.push(`${token.rawName} takes no value`);
      values.set(option.flag, [given]);
    } else if (token.value === undefined) problems.push(`${token.rawName} needs a value`);
    else values.set(option.flag, [...(values.get(option.flag) ?? []), token.value]);
  }

  const texts = new Map<string, readonly string[]>();
  for (const option of options) {
    const fromFlag = values.get(option.flag);
    const fromEnv = takes(command, option) && option.env.find((name) => env[name]);
    const found = fromFlag ?? (fromEnv ? [env[fromEnv] ?? ""] : undefined);
    const source = fromFlag ? `--${option.flag}` : fromEnv;
    if (found === undefined) {
      if (option.default !== undefined) texts.set(option.flag, [option.default]);
      continue;
    }
    const problem = problemOf(option, found);
    if (problem) problems.push(`${source} ${problem}`);
    else texts.set(option.flag, found);
  }

  const optionalText = (flag: string) => texts.get(flag)?.at(-1);
  const text = (flag: string) => {
    const value = optionalText(flag);
    if (value === undefined) throw new Error(`--${flag} has neither value nor default`);
    return value;
  };
  const optionalNumber = (flag: string) => (texts.has(flag) ? Number(text(flag)) : undefined);
  return {
    optionalText,
    optionalInteger: optionalNumber,
    optionalNumber,
    flag: (name) => texts.has(name),
    text,
    integer: (flag) => Number(text(flag)),
    names: (flag) => (texts.get(flag) ?? []).flatMap(splitNames),
    isSet: (flag) =>
      values.has(flag) ||
      known.some((option) => option.flag === flag && option.env.some((name) => env[name])),
    positionals,
    help,
    problems,
  };
}

function splitNames(list: string): string[] {
  return list.split(",").flatMap((name) => name.trim() || []);
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

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
  if (type.kind === "number" && !decimal.test(value)) {
    return `must be a number, got: \`${value}\``;
  }
  return undefined;
}
