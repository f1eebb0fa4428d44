/**
 * Matches strings, which are kept as they are, and the numbers that Python writes but JSON does not
 * allow.
 */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** A number that JSON can write and that reads as infinity. */
const infinity = "1e999";

/**
 * Parses JSON as Python's `json` writes and reads it: with `Infinity`, `-Infinity` and `NaN`, which
 * the standard does not allow. NaN becomes null. A byte order mark is skipped. Throws SyntaxError
 * for anything else that is not JSON.
 */
export function parsePythonJson(text: string): unknown {
  const json = text.replace(/^\uFEFF/, "");
  if (!/Infinity|NaN/.test(json)) return JSON.parse(json);
  return JSON.parse(
    json.replaceAll(stringOrNumber, (found) => {
      if (found.startsWith('"')) return found;
      return found === "NaN" ? "null" : found.replace("Infinity", infinity);
    }),
  );
}
