import { shorten } from "../../characters.ts";
import { RerankError } from "../../errors.ts";
import { HttpError } from "./http-error.ts";

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

/** A field that was sent, and the name that it was sent under. */
interface SentField {
  readonly name: string;
  readonly value: unknown;
}

/** Returns the first of the names that was sent. */
function firstSent(fields: JsonFields, names: readonly string[]): SentField | undefined {
  const name = names.find((candidate) => !isAbsent(fields[candidate]));
  return name === undefined ? undefined : { name, value: fields[name] };
}

/** What Pydantic, which vLLM, Infinity and Xinference read bodies with, takes for true and false. */
const trueWords: readonly unknown[] = ["true", "t", "yes", "y", "on", "1", 1];
const falseWords: readonly unknown[] = ["false", "f", "no", "n", "off", "0", 0];

/** A whole number in quotes, which Pydantic takes too. */
const wholeNumber = /^\s*[+-]?\d{1,15}\s*$/;

/**
 * Returns a boolean under the first of the names that was sent. Takes the words and numbers that
 * the servers of other dialects take as well: Xinference's clients send `"true"`.
 */
export function readBoolean(
  fields: JsonFields,
  ...names: readonly [string, ...string[]]
): boolean | undefined {
  const sent = firstSent(fields, names);
  if (sent === undefined) return undefined;
  const { name, value } = sent;
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.toLowerCase() : value;
  if (trueWords.includes(word)) return true;
  if (falseWords.includes(word)) return false;
  throw wrongType(name, "true or false", value);
}

/**
 * Returns a whole number of at least `min` under the first of the names that was sent; it may be in
 * quotes.
 */
export function readInteger(
  fields: JsonFields,
  min: number,
  ...names: readonly [string, ...string[]]
): number | undefined {
  const sent = firstSent(fields, names);
  if (sent === undefined) return undefined;
  const { name } = sent;
  const isQuoted = typeof sent.value === "string" && wholeNumber.test(sent.value);
  const value = isQuoted ? Number(sent.value) : sent.value;
  if (typeof value !== "number") throw wrongType(name, "a whole number", value);
  if (Number.isInteger(value) && value >= min && value <= maxInt32) return value;
  throw invalidField(name, `must be a whole number from ${min} to ${maxInt32}`, String(value));
}

/** Returns a number. */
export function readNumber(fields: JsonFields, name: string): number | undefined {
  const value = fields[name];
  if (isAbsent(value)) return undefined;
  if (typeof value !== "number") throw wrongType(name, "a number", value);
  return value;
}

/** Returns one of some words, whatever their case, under the first of the names that was sent. */
export function readChoice<Word extends string>(
  fields: JsonFields,
  words: readonly Word[],
  ...names: readonly [string, ...string[]]
): Word | undefined {
  const sent = firstSent(fields, names);
  if (sent === undefined) return undefined;
  const { name, value } = sent;
  const expected = words.map((word) => `\`${word}\``).join(" or ");
  if (typeof value !== "string") throw wrongType(name, expected, value);
  const chosen = words.find((word) => word.toLowerCase() === value.toLowerCase());
  if (chosen !== undefined) return chosen;
  throw invalidField(name, `must be ${expected}`, value);
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
 * Where V8's message tells the place of the fault. The rest of the message repeats the text, so it
 * is not used.
 */
const positionPattern = /at position (\d+)/;

/**
 * Decodes JSON in UTF-8; a lone surrogate that it escapes becomes U+FFFD. Throws an HttpError with status 400 that tells where the text is broken,
 * but none of it.
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
