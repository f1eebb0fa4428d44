import { parseArgs } from "node:util";
import { type ConfigFile, readConfigFile } from "../file/config-file.ts";
import { modelValuesOf } from "../file/model-values.ts";
import { isServiceVariable, notesOnVariables } from "./known-variables.ts";
import { nearestWord } from "./nearest-word.ts";
import { type Command, type Option, takes } from "./option.ts";
import { type OptionValue, readTexts, textsOfVariable } from "./option-value.ts";
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

/** The checked values of options, by flag. */
export interface OptionValues {
  /** Returns the value of an option as it is, or undefined if it has neither value nor default. */
  value(flag: string): OptionValue | undefined;
  /** Returns the text of an option, or undefined if it has neither value nor default. */
  optionalText(flag: string): string | undefined;
  /** Returns the number of an option, or undefined likewise. */
  optionalNumber(flag: string): number | undefined;
  /** Returns the text of an option that has a default. */
  text(flag: string): string;
  /** Returns the number of an option that has a default. */
  integer(flag: string): number;
  /** Whether a flag without a value was given. */
  flag(name: string): boolean;
  /** Returns the values of a repeatable option. */
  list(flag: string): readonly string[];
}

/** What a command line and its environment say. */
export interface ParsedOptions extends OptionValues {
  /** Whether the flag or its environment variable was given, or the configuration file has it. */
  isSet(flag: string): boolean;
  /** Whether what was given for an option is wrong. Such an option has its default, or no value. */
  isWrong(flag: string): boolean;
  /** Returns the name under which an option was given: its variable, or else its flag. */
  nameOf(flag: string): string;
  /** The options of each model, at least one; of commands that run one model, that one's. */
  readonly models: readonly OptionValues[];
  /** The words that belong to no flag. */
  readonly positionals: readonly string[];
  /** Whether `--help` was asked for. */
  readonly help: boolean;
  /** Everything that was wrong; a sentence each. */
  readonly problems: readonly string[];
  /** What is odd about the environment and does not stop the command; a sentence each. */
  readonly notes: readonly string[];
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

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
  const wrong = new Set<string>();
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  let help = false;
  const addProblem = ({ flag }: Option, problem: string): void => {
    wrong.add(flag);
    problems.push(problem);
  };

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
      if (token.value !== undefined) addProblem(option, `${token.rawName} takes no value`);
      given.set(option.flag, ["on"]);
    } else if (token.value === undefined) addProblem(option, `${token.rawName} needs a value`);
    else given.set(option.flag, [...(given.get(option.flag) ?? []), token.value]);
  }

  const told = new Map<string, OptionValue>();
  const variables = new Map<string, string>();
  for (const option of known) {
    const { flag } = option;
    const isSingle = option.single?.includes(command) === true;
    const variable = variableOf(option.env, env);
    const fromFlag = given.get(flag);
    if (!fromFlag && variable) variables.set(flag, variable);
    const texts =
      fromFlag ?? (variable && textsOf(option, variable, env[variable] ?? "", isSingle));
    if (!texts) continue;
    const checked = readTexts(option, texts, isSingle);
    if (checked.problem === undefined) told.set(flag, checked.value);
    else addProblem(option, `${variables.get(flag) ?? `--${flag}`} ${checked.problem}`);
  }

  const file = fileOf(told);
  problems.push(...file.problems);
  for (const flag of file.wrong) if (!told.has(flag)) wrong.add(flag);
  const taken = new Set(known.map(({ flag }) => flag));
  const fromFile = [...file.server].filter(([flag]) => taken.has(flag));
  const defaults = defaultValues();
  const values = new Map([...defaults, ...fromFile, ...told]);
  for (const flag of wrong) restoreDefault(values, defaults, flag);
  const models = modelValuesOf({ defaults, server: values, file: file.models, given: told });

  return {
    ...optionValuesOf(values),
    models: models.map(optionValuesOf),
    isSet: (flag) => given.has(flag) || variables.has(flag) || file.server.has(flag),
    isWrong: (flag) => wrong.has(flag),
    nameOf: (flag) => variables.get(flag) ?? `--${flag}`,
    positionals,
    help,
    problems,
    notes: notesOnVariables(env),
  };
}

/** Returns what the configuration file says that was asked for; nothing where none was. */
function fileOf(told: ReadonlyMap<string, OptionValue>): ConfigFile {
  const path = told.get("config");
  if (typeof path === "string") return readConfigFile(path);
  return { server: new Map(), models: [], wrong: new Set(), problems: [] };
}

/** Further checks go on with the default: all mistakes are told at once. */
function restoreDefault(
  values: Map<string, OptionValue>,
  defaults: ReadonlyMap<string, OptionValue>,
  flag: string,
): void {
  const value = defaults.get(flag);
  if (value === undefined) values.delete(flag);
  else values.set(flag, value);
}

/** Returns the texts that a variable holds: one where the option has one value. */
function textsOf(option: Option, name: string, text: string, isSingle: boolean): string[] {
  return isSingle ? [text] : textsOfVariable(option, name, text);
}

/** Returns the default of every option that has one, by flag. */
export function defaultValues(): Map<string, OptionValue> {
  const values = new Map<string, OptionValue>();
  for (const { flag, default: value } of options) if (value !== undefined) values.set(flag, value);
  return values;
}

/** Returns the readers of checked values. They throw where an option has no value of that kind. */
export function optionValuesOf(values: ReadonlyMap<string, OptionValue>): OptionValues {
  function read<Value extends OptionValue>(
    flag: string,
    isKind: (value: OptionValue) => value is Value,
  ): Value | undefined {
    const value = values.get(flag);
    if (value === undefined || isKind(value)) return value;
    throw new Error(`--${flag} is read as another kind of value than it has`);
  }
  const need = <Value>(flag: string, value: Value | undefined): Value => {
    if (value === undefined) throw new Error(`--${flag} has neither value nor default`);
    return value;
  };
  const optionalText = (flag: string) => read(flag, (value) => typeof value === "string");
  const optionalNumber = (flag: string) => read(flag, (value) => typeof value === "number");
  return {
    value: (flag) => values.get(flag),
    optionalText,
    optionalNumber,
    text: (flag) => need(flag, optionalText(flag)),
    integer: (flag) => need(flag, optionalNumber(flag)),
    flag: (name) => values.has(name),
    list: (flag) => read(flag, (value) => typeof value === "object") ?? [],
  };
}

/** Returns the first variable that is set, and not by Kubernetes for a service. */
function variableOf(names: readonly string[], env: Environment): string | undefined {
  return names.find((name) => env[name] && !isServiceVariable(name, env[name]));
}

function unknownOption(given: string, flags: readonly string[], command: Command): string {
  const problem = `${given} is not an option of \`${command}\``;
  if (!given.startsWith("--")) return problem;
  const nearest = nearestWord(given.slice(2), flags);
  return nearest === undefined ? problem : `${problem}; did you mean --${nearest}?`;
}
