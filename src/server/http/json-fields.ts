import { shorten } from "../../characters.ts";
import { RerankError } from "../../errors.ts";
import { HttpError } from "./http-error.ts";
import type { Schema } from "./openapi/schema.ts";

/** A decoded JSON object. */
export type JsonFields = Readonly<Record<string, unknown>>;

/** Longest part of a value that a message repeats. */
const maxEchoChars = 40;

/** Largest whole number that every protocol can carry: an int32. */
export const maxInt32 = 2 ** 31 - 1;

/** Returns a value as an object. Throws a RerankError that names it if it is something else. */
export function readObject(name: string, value: unknown): JsonFields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonFields;
  }
  throw wrongType(name, "an object", value);
}

/** Returns a value as a string. Throws a RerankError that names it if it is something else. */
export function readText(name: string, value: unknown): string {
  if (typeof value !== "string") throw wrongType(name, "a string", value);
  return value;
}

/** Returns a value as a list of strings. Throws a RerankError that names the item at fault. */
export function readTexts(name: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw wrongType(name, "a list of strings", value);
  return value.map((item, index) => readText(`${name}[${index}]`, item));
}

/** Whether a field counts as not sent. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** The names of a field: the one to use, and those that other servers' clients send. */
type Names = readonly [string, ...string[]];

/** A field of a request's body: what it is called, what it must be, and how it is read. */
export interface Field<Value> {
  readonly names: Names;
  /** What its value must be, in words and as a schema. Null is the same as absent. */
  readonly schema: Schema;
  /**
   * Returns its value under the first of the names that was sent; undefined where none was. Throws a
   * RerankError that names it.
   */
  read(fields: JsonFields): Value | undefined;
}

/** Returns a field; `parse` is given the name that it was sent under. */
function fieldOf<Value>(
  names: Names,
  schema: Schema,
  parse: (name: string, value: unknown) => Value,
): Field<Value> {
  return {
    names,
    schema,
    read(fields) {
      const name = names.find((candidate) => !isAbsent(fields[candidate]));
      return name === undefined ? undefined : parse(name, fields[name]);
    },
  };
}

/** What Pydantic, which vLLM, Infinity and Xinference read bodies with, takes for true and false. */
const trueWords: readonly unknown[] = ["true", "t", "yes", "y", "on", "1", 1];
const falseWords: readonly unknown[] = ["false", "f", "no", "n", "off", "0", 0];

/**
 * Returns a field that is true or false. It takes the words and numbers that the servers of other
 * dialects take as well: Xinference's clients send `"true"`.
 */
export function booleanField(description: string, ...names: Names): Field<boolean> {
  return fieldOf(names, { type: ["boolean", "null"], description }, (name, value) => {
    if (typeof value === "boolean") return value;
    const word = typeof value === "string" ? value.toLowerCase() : value;
    if (trueWords.includes(word)) return true;
    if (falseWords.includes(word)) return false;
    throw wrongType(name, "true or false", value);
  });
}

/** A whole number in quotes, which Pydantic takes too. */
const wholeNumber = /^\s*[+-]?\d{1,15}\s*$/;

/** Returns a field that is a whole number of at least `minimum`; it may be in quotes. */
export function integerField(description: string, minimum: number, ...names: Names): Field<number> {
  const schema = { type: ["integer", "null"], minimum, maximum: maxInt32, description };
  return fieldOf(names, schema, (name, sent) => {
    const isQuoted = typeof sent === "string" && wholeNumber.test(sent);
    const value = isQuoted ? Number(sent) : sent;
    if (typeof value !== "number") throw wrongType(name, "a whole number", value);
    if (Number.isInteger(value) && value >= minimum && value <= maxInt32) return value;
    const problem = `must be a whole number from ${minimum} to ${maxInt32}`;
    throw invalidField(name, problem, String(value));
  });
}

/** Returns a field that is a number. */
export function numberField(description: string, name: string): Field<number> {
  return fieldOf([name], { type: ["number", "null"], description }, (_, value) => {
    if (typeof value !== "number") throw wrongType(name, "a number", value);
    return value;
  });
}

/** Returns a field that is a text. */
export function textField(description: string, name: string): Field<string> {
  return fieldOf([name], { type: ["string", "null"], description }, readText);
}

/** Returns a field that is one of some words, whatever their case. `title` names the words. */
export function choiceField<Word extends string>(
  title: string,
  description: string,
  words: readonly Word[],
  ...names: Names
): Field<Word> {
  const expected = words.map((word) => `\`${word}\``).join(" or ");
  const anyOf = [{ title, type: "string", enum: words }, { type: "null" }];
  return fieldOf(names, { anyOf, description }, (name, value) => {
    if (typeof value !== "string") throw wrongType(name, expected, value);
    const chosen = words.find((word) => word.toLowerCase() === value.toLowerCase());
    if (chosen !== undefined) return chosen;
    throw invalidField(name, `must be ${expected}`, value);
  });
}

/** Returns the schemas of some fields by name; under a second name the type alone. */
export function propertiesOf(fields: readonly Field<unknown>[]): Record<string, Schema> {
  const properties: Record<string, Schema> = {};
  for (const { names, schema } of fields) {
    const [name, ...others] = names;
    properties[name] = schema;
    for (const other of others) {
      properties[other] = {
        ...schema,
        description: `The same as \`${name}\`, which counts first.`,
      };
    }
  }
  return properties;
}

/** Returns the error of a field that has the right type and the wrong value. */
export function invalidField(field: string, problem: string, got?: string): RerankError {
  const echo = got === undefined ? "" : `, got: \`${shorten(got, maxEchoChars)}\``;
  return new RerankError("invalid_argument", `\`${field}\` ${problem}${echo}`, { field });
}

/** Returns the error of a field of the wrong type. */
export function wrongType(field: string, expected: string, value: unknown): RerankError {
  const message = `\`${field}\` must be ${expected}, got: ${typeNameOf(value)}`;
  return new RerankError("invalid_argument", message, { field });
}

function typeNameOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return `a ${typeof value}`;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Matches the position of the fault in V8's message. The rest of the message repeats the text, so
 * it is not used.
 */
const positionPattern = /at position (\d+)/;

/**
 * Decodes JSON in UTF-8; a lone surrogate that it escapes becomes U+FFFD. Throws an HttpError with
 * status 400 that says where the text is broken, without repeating it.
 */
export function decodeJson(bytes: Uint8Array): unknown {
  return parseJson(decodeUtf8(bytes));
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new HttpError(400, "invalid_argument", "the body must be UTF-8");
  }
}

function parseJson(text: string): unknown {
  if (text.length === 0) {
    throw new HttpError(400, "invalid_argument", "the body must be JSON, got: nothing");
  }
  try {
    return JSON.parse(replaceLoneSurrogates(text));
  } catch (error) {
    const position = error instanceof Error ? positionPattern.exec(error.message)?.[1] : undefined;
    const place = position === undefined ? "" : `; it breaks at character ${position}`;
    throw new HttpError(400, "invalid_argument", `the body must be JSON${place}`);
  }
}

/** Whether a JSON text escapes a surrogate at all; most do not. */
const surrogatePattern = /\\u[dD][89a-fA-F]/;

/**
 * Every escape that matters: a backslash, which says nothing of the characters after it; a pair of
 * surrogates; and, as its group, a surrogate alone.
 */
const escapePattern =
  /\\\\|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(\\u[dD][89a-fA-F][\da-fA-F]{2})/g;

/**
 * Returns a JSON text in which every lone surrogate, which only an escape can spell, is U+FFFD: what
 * UTF-8 makes of one, so that a request means the same in JSON as in protobuf.
 */
export function replaceLoneSurrogates(json: string): string {
  if (!surrogatePattern.test(json)) return json;
  return json.replace(escapePattern, (found, lone?: string) =>
    lone === undefined ? found : "\\ufffd",
  );
}
