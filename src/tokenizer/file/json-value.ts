/** Returns the fields of a JSON object, or undefined if the value is anything else. */
export function jsonObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return value as Readonly<Record<string, unknown>>;
}

/** Whether the value is a whole number of 0 or more. */
export function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Returns the value as short JSON, for an error message. */
export function shortJson(value: unknown): string {
  const json = JSON.stringify(value) ?? "nothing";
  return json.length <= maxShownCharacters ? json : `${json.slice(0, maxShownCharacters)}…`;
}

/**
 * Characters of a faulty value that an error message shows: enough to find it, few enough for one
 * line.
 */
const maxShownCharacters = 80;
