import { AddressError, parseAddresses } from "../../../client/src/call/server-address.ts";
import { isOneInFile, type Option, type OptionKind } from "./option.ts";

/** A checked value: a number for `integer` and `number`, a list for `list`, `true` for `flag`. */
export type OptionValue = string | number | readonly string[] | true;

/** A checked value, or what is wrong: the end of a sentence that begins with the option's name. */
export type CheckedValue =
  | { readonly value: OptionValue; readonly problem?: undefined }
  | { readonly problem: string };

/** A number as an option takes it: decimal, without an exponent. */
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

/**
 * Reads the value of an option from the texts of a command line or of a variable. Of a value that
 * may be a secret a problem repeats nothing. With `isSingle` a list has one value, too.
 */
export function readTexts(
  { type }: Option,
  texts: readonly string[],
  isSingle = false,
): CheckedValue {
  if (texts.length > 1 && (isSingle || type.kind !== "list"))
    return { problem: "must be given once" };
  if (texts.includes("")) return { problem: "must not be empty" };
  if (type.kind === "list") return { value: texts };
  if (type.kind === "flag") return { value: true };
  return readText(type, texts[0] ?? "");
}

/** Returns the texts that a variable holds: one, or for a list those between commas. */
export function textsOfVariable({ type, wholeEnv = [] }: Option, name: string, text: string) {
  if (type.kind !== "list" || wholeEnv.includes(name)) return [text];
  return text.split(",").flatMap((item) => item.trim() || []);
}

/**
 * Checks a value of a configuration file: as one that a program gave, and a list may be one text, a
 * switch also `on` or `off`.
 */
export function checkFileValue(option: Option, value: unknown): CheckedValue {
  const { type } = option;
  if (type.kind === "list" && Array.isArray(value) && !isOneInFile(option)) {
    const wrong = value.find((item) => typeof item !== "string" || item === "");
    if (wrong === undefined) return { value };
    return { problem: `must be a list of strings that are not empty, got: ${kindOf(wrong)}` };
  }
  if (isSwitch(type) && typeof value === "string") return readText(type, value);
  return checkSetting(option, value);
}

/** Checks a value that a program gave: a number is a number, and a switch true or false. */
export function checkSetting({ type }: Option, value: unknown): CheckedValue {
  if (type.kind === "integer") {
    const word = typeof value === "string" ? numberOfWord(type, value) : undefined;
    return checkInteger(type, word ?? value, String(value));
  }
  if (isSwitch(type)) {
    if (typeof value === "boolean") return { value: value ? "on" : "off" };
    return { problem: `must be true or false, got: ${kindOf(value)}` };
  }
  if (typeof value !== "string") return { problem: `must be a string, got: ${kindOf(value)}` };
  if (value === "") return { problem: "must not be empty" };
  return type.kind === "list" ? { value: [value] } : readText(type, value);
}

/** Returns what a value is, for a message that must not repeat it. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === "") return "an empty string";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function readText(type: OptionKind, text: string): CheckedValue {
  switch (type.kind) {
    case "choice": {
      const word = type.normalize?.(text.toLowerCase()) ?? text.toLowerCase();
      if (type.choices.includes(word)) return { value: word };
      return { problem: `must be one of ${type.choices.join(", ")}, got: \`${text}\`` };
    }
    case "integer":
      return checkInteger(type, /^\d+$/.test(text) ? Number(text) : numberOfWord(type, text), text);
    case "number":
      if (decimal.test(text)) return { value: Number(text) };
      return { problem: `must be a number, got: \`${text}\`` };
    case "addresses":
      try {
        parseAddresses(text);
        return { value: text };
      } catch (error) {
        if (error instanceof AddressError) return { problem: error.message };
        throw error;
      }
    default:
      return { value: text };
  }
}

type IntegerKind = Extract<OptionKind, { kind: "integer" }>;

function numberOfWord({ words = {} }: IntegerKind, text: string): number | undefined {
  const word = text.toLowerCase();
  return Object.hasOwn(words, word) ? words[word] : undefined;
}

function checkInteger(
  { min, max, words = {} }: IntegerKind,
  value: unknown,
  got: string,
): CheckedValue {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
    return { value };
  }
  const others = Object.keys(words).map((word) => `${word} or `);
  const wanted = `${others.join("")}a whole number from ${min} to ${max}`;
  return { problem: `must be ${wanted}, got: \`${got}\`` };
}

/** Whether an option is `on` or `off`. */
export function isSwitch(type: OptionKind): boolean {
  return type.kind === "choice" && type.choices.includes("on");
}
