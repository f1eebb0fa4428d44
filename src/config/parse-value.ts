import { AddressError, parseAddresses } from "../../client/src/call/server-address.ts";
import type { Option, OptionKind } from "./option.ts";

/** An option's values, checked and in the spelling that the program uses; or what is wrong. */
export type ParsedValues =
  | { readonly values: readonly string[]; readonly problem?: undefined }
  | { readonly problem: string };

/** A number as an option takes it: decimal, without an exponent. */
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

/**
 * Reads the values of one option, the same way for a flag and for a variable. A problem has no name
 * in front, and of a value that may be a secret it repeats nothing.
 */
export function parseValues({ type }: Option, given: readonly string[]): ParsedValues {
  if (given.length > 1 && type.kind !== "list") return { problem: "must be given once" };
  if (given.includes("")) return { problem: "must not be empty" };
  const values: string[] = [];
  for (const text of given) {
    const parsed = parseValue(type, text);
    if (parsed.problem !== undefined) return parsed;
    values.push(parsed.value);
  }
  return { values };
}

/** Returns the values that a variable holds: one, or for a list those between commas. */
export function valuesOfVariable({ type, wholeEnv = [] }: Option, name: string, text: string) {
  if (type.kind !== "list" || wholeEnv.includes(name)) return [text];
  return text.split(",").flatMap((item) => item.trim() || []);
}

type ParsedValue =
  | { readonly value: string; readonly problem?: undefined }
  | { readonly problem: string };

function parseValue(type: OptionKind, text: string): ParsedValue {
  switch (type.kind) {
    case "choice": {
      const word = type.normalize?.(text.toLowerCase()) ?? text.toLowerCase();
      if (type.choices.includes(word)) return { value: word };
      return { problem: `must be one of ${type.choices.join(", ")}, got: \`${text}\`` };
    }
    case "integer": {
      const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (number >= type.min && number <= type.max) return { value: text };
      const expected = `must be a whole number from ${type.min} to ${type.max}`;
      return { problem: `${expected}, got: \`${text}\`` };
    }
    case "number":
      if (decimal.test(text)) return { value: text };
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
