import { parseArgs } from "node:util";
import { isServiceVariable, notesOnVariables } from "./known-variables.ts";
import { nearestWord } from "./nearest-word.ts";
import { type Command, takes } from "./option.ts";
import { options } from "./options.ts";
import { parseValues, valuesOfVariable } from "./parse-value.ts";

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
  /** Returns the values of a repeatable option. */
  list(flag: string): readonly string[];
  /** Whether the flag or its environment variable was given. */
  isSet(flag: string): boolean;
  /** Returns the name under which an option was given: its variable, or else its flag. */
  nameOf(flag: string): string;
  readonly positionals: readonly string[];
  /** Whether `--help` was asked for. */
  readonly help: boolean;
  /** Everything that was wrong; values of wrong options are absent. */
  readonly problems: readonly string[];
  /** What is odd about the environment and does not stop the command; a sentence each. */
  readonly notes: readonly string[];
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
    else if (!option) problems.push(unknownOption(token.rawName, Object.keys(flags), command));
    else if (option.type.kind === "flag") {
      if (token.value !== undefined) problems.push(`${token.rawName} takes no value`);
      values.set(option.flag, [given]);
    } else if (token.value === undefined) problems.push(`${token.rawName} needs a value`);
    else values.set(option.flag, [...(values.get(option.flag) ?? []), token.value]);
  }

  const texts = new Map<string, readonly string[]>();
  const variables = new Map<string, string>();
  for (const option of options) {
    const { flag } = option;
    const variable = takes(command, option) ? variableOf(option.env, env) : undefined;
    const fromFlag = values.get(flag);
    if (!fromFlag && variable) variables.set(flag, variable);
    const fromVariable =
      variable === undefined ? undefined : valuesOfVariable(option, variable, env[variable] ?? "");
    const given = fromFlag ?? fromVariable;
    if (given === undefined) {
      if (option.default !== undefined) texts.set(flag, [option.default]);
      continue;
    }
    const parsed = parseValues(option, given);
    if (parsed.problem === undefined) texts.set(flag, parsed.values);
    else problems.push(`${variables.get(flag) ?? `--${flag}`} ${parsed.problem}`);
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
    list: (flag) => texts.get(flag) ?? [],
    isSet: (flag) => values.has(flag) || variables.has(flag),
    nameOf: (flag) => variables.get(flag) ?? `--${flag}`,
    positionals,
    help,
    problems,
    notes: notesOnVariables(env),
  };
}

/** Returns the first variable that is set to something that somebody may have meant. */
function variableOf(names: readonly string[], env: Environment): string | undefined {
  return names.find((name) => env[name] && !isServiceVariable(name, env[name]));
}

function unknownOption(given: string, flags: readonly string[], command: Command): string {
  const problem = `${given} is not an option of \`${command}\``;
  if (!given.startsWith("--")) return problem;
  const nearest = nearestWord(given.slice(2), flags);
  return nearest === undefined ? problem : `${problem}; did you mean --${nearest}?`;
}
