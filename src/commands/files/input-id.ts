import { isExactNumber } from "../../json/json-number.ts";

/** The name that an input gives to a list or a document. */
export type InputId = string | number;

/**
 * Returns the `id` of a list or a document, if it has one that is a text or a number; undefined where the
 * number is not read exactly.
 */
export function idOf(value: unknown): InputId | undefined {
  const id = fieldOf(value);
  return typeof id === "string" || (typeof id === "number" && isExactNumber(id)) ? id : undefined;
}

/** Whether the `id` of a list or a document would come out as another one than came in. */
export function isInexactId(value: unknown): boolean {
  const id = fieldOf(value);
  return typeof id === "number" && !isExactNumber(id);
}

function fieldOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
}
