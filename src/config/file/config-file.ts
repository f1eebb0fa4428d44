import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Document } from "yaml";
import { nearestWord } from "../options/nearest-word.ts";
import { isPerModel, keyOf, type Option, takes } from "../options/option.ts";
import { checkFileValue, kindOf, type OptionValue } from "../options/option-value.ts";
import { options } from "../options/options.ts";

/** Checked values of a configuration file, by the flags of their options. */
export type FileValues = ReadonlyMap<string, OptionValue>;

/** What a configuration file says. */
export interface ConfigFile {
  /** The settings of the server. */
  readonly server: FileValues;
  /** Those of each model, in their order; empty where the file names none. */
  readonly models: readonly FileValues[];
  /** The flags of the options of the server whose value is wrong, and is left out. */
  readonly wrong: ReadonlySet<string>;
  /** Everything that is wrong, a sentence each that begins with the path in the file. */
  readonly problems: readonly string[];
}

/** The options that a file has once, and those that it has for each model. */
export const serverOptions = options.filter(
  (option) => takes("serve", option) && !isPerModel(option) && !option.notInFile,
);
export const perModelOptions = options.filter(isPerModel);

/** Loads the library where there is a file to read: every command would start later for it. */
const load = createRequire(import.meta.url);

/** The key of the list of models. */
const modelsKey = "models";

/** Reads a configuration file, YAML or JSON. Never throws: what is wrong is told in `problems`. */
export function readConfigFile(path: string): ConfigFile {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === undefined) throw error;
    const why = code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`;
    return nothingBut([`the configuration file \`${path}\`: ${why}`]);
  }
  const text = utf8TextOf(bytes);
  if (text === undefined) return nothingBut([`${path} must be text in UTF-8`]);
  return parseConfigFile(text, path);
}

/** Returns the text of bytes; undefined where they are not UTF-8. */
function utf8TextOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Reads the text of a configuration file; `path` is for messages. */
export function parseConfigFile(text: string, path: string): ConfigFile {
  const { parseDocument } = load("yaml") as typeof import("yaml");
  // What the library would warn of, it prints in words of its own, and it is refused below.
  const document = parseDocument(text, { merge: true, prettyErrors: true, logLevel: "error" });
  const [broken] = document.errors;
  if (broken?.code === "MULTIPLE_DOCS") return nothingBut([`${path} must hold one document`]);
  if (broken !== undefined) {
    const [line = broken.message] = broken.message.split("\n");
    return nothingBut([`${path} must be YAML or JSON: ${line.replace(/:$/, "")}`]);
  }
  const problems: string[] = [];
  const root = toValue(document, path, problems);
  if (root === null || root === undefined) return nothingBut(problems);
  if (!isObject(root)) {
    return nothingBut([`${path} must hold an object of settings, got: ${kindOf(root)}`]);
  }
  const { [modelsKey]: list, ...settings } = root;
  const server = readLevel(settings, { path, at: "", known: serverOptions }, problems);
  const models = readModels(list, path, problems);
  return { server: server.values, models, wrong: server.wrong, problems };
}

function nothingBut(problems: readonly string[]): ConfigFile {
  return { server: new Map(), models: [], wrong: new Set(), problems };
}

/** Returns the plain value of a document; undefined, and a problem, if its aliases are too many. */
function toValue(document: Document, path: string, problems: string[]): unknown {
  try {
    return document.toJS();
  } catch (error) {
    problems.push(`${path} must be YAML or JSON: ${(error as Error).message}`);
    return undefined;
  }
}

function readModels(list: unknown, path: string, problems: string[]): FileValues[] {
  if (list === undefined) return [];
  if (!Array.isArray(list) || list.length === 0) {
    const got = Array.isArray(list) ? "an empty list" : kindOf(list);
    problems.push(`\`${modelsKey}\` in ${path} must be a list of one model at least, got: ${got}`);
    return [];
  }
  return list.map((model: unknown, index) =>
    readModelLevel(model, { path, at: `${modelsKey}[${index}]` }, problems),
  );
}

/** Reads the settings of one model; `at` is its path. What is wrong is added to `problems`. */
export function readModelLevel(
  model: unknown,
  { path, at }: Pick<Level, "path" | "at">,
  problems: string[],
): FileValues {
  if (isObject(model)) {
    return readLevel(model, { path, at: `${at}.`, known: perModelOptions }, problems).values;
  }
  const problem = `must be an object of settings, got: ${kindOf(model)}`;
  problems.push(`${placeOf(at, path)} ${problem}`);
  return new Map();
}

function placeOf(key: string, path: string | undefined): string {
  return path === undefined ? `\`${key}\`` : `\`${key}\` in ${path}`;
}

/** One object of settings. */
interface Level {
  /** Where it stands, for messages. Default: in no file. */
  readonly path?: string | undefined;
  /** What stands before a key in messages. */
  readonly at: string;
  readonly known: readonly Option[];
}

function readLevel(
  settings: Readonly<Record<string, unknown>>,
  { path, at, known }: Level,
  problems: string[],
): { readonly values: FileValues; readonly wrong: ReadonlySet<string> } {
  const values = new Map<string, OptionValue>();
  const wrong = new Set<string>();
  for (const [key, value] of Object.entries(settings)) {
    const option = known.find((candidate) => keyOf(candidate) === key);
    if (option === undefined) {
      problems.push(`${placeOf(at + key, path)} ${unknownKey(key, known)}`);
      continue;
    }
    const checked = checkFileValue(option, value);
    if (checked.problem === undefined) values.set(option.flag, checked.value);
    else {
      wrong.add(option.flag);
      problems.push(`${placeOf(at + key, path)} ${checked.problem}`);
    }
  }
  return { values, wrong };
}

function unknownKey(key: string, known: readonly Option[]): string {
  const isKey = (option: Option): boolean => keyOf(option) === key;
  if (known === serverOptions && perModelOptions.some(isKey)) {
    return `is a setting of a model: write \`${modelsKey}[0].${key}\``;
  }
  if (known === perModelOptions && serverOptions.some(isKey)) {
    return "is a setting of the server: write it beside `models`";
  }
  const words = [...known.map(keyOf), ...(known === serverOptions ? [modelsKey] : [])];
  const nearest = nearestWord(key, words);
  return `is not a setting${nearest === undefined ? "" : `; did you mean \`${nearest}\`?`}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
