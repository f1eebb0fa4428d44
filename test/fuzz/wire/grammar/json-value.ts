import type { Random } from "../../random.ts";

/** A JSON object that is being changed. */
export type JsonObject = Record<string, unknown>;

const words = [
  "what is a cat",
  "a",
  "고양이",
  "naïve café",
  "🙂",
  "cats purr",
  "Q: 1 %, 2",
] as const;

/** Values that no field is meant for, or only few. */
const strangeValues = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 31,
  1e300,
  "",
  "0",
  "\ud800",
  "\udc00\ud83d",
  [],
  {},
  [null],
  [[]],
  { text: 1 },
  { toString: 1, valueOf: 1 },
  "truncate",
  "WINDOWS",
] as const;

/** Names that some dialect has a meaning for, and some that none has. */
const fieldNames = [
  "query",
  "documents",
  "texts",
  "top_n",
  "model",
  "return_documents",
  "return_text",
  "raw_scores",
  "truncate",
  "truncation_direction",
  "long_documents",
  "max_tokens_per_doc",
  "max_chunks_per_doc",
  "score_threshold",
  "rank_fields",
  "return_timings",
  "text_1",
  "text_2",
  "passages",
  "truncate_prompt_tokens",
  "max_tokens_per_query",
  "__proto__",
  "constructor",
  "x",
] as const;

/**
 * Returns characters of two UTF-16 units, as many as any message repeats and more, which begin at an
 * even unit or an odd one.
 */
export function wideTextOf(random: Random): string {
  return "x".repeat(random.below(2)) + "🙂".repeat(10 + random.below(120));
}

/** Returns a short text; now and then a long one. */
export function textOf(random: Random): string {
  if (random.once(40)) return wideTextOf(random);
  if (random.once(40)) return "word ".repeat(random.below(400));
  return `${random.pick(words)} ${random.pick(words)}`;
}

/** Returns up to six short texts. */
export function textsOf(random: Random): string[] {
  return Array.from({ length: random.below(7) }, () => textOf(random));
}

/** Returns a value that few fields are meant for. */
function strangeValueOf(random: Random): unknown {
  // A copy, because the next mutation may change it.
  return structuredClone<unknown>(random.pick(strangeValues));
}

/** Changes one field of an object: takes it away, gives it another value, or adds one. */
export function mutateObject(random: Random, fields: JsonObject): void {
  const names = Object.keys(fields);
  const name = names[random.below(names.length)] ?? "x";
  switch (random.below(4)) {
    case 0:
      delete fields[name];
      return;
    case 1:
      fields[name] = strangeValueOf(random);
      return;
    case 2:
      set(fields, random.pick(fieldNames), strangeValueOf(random));
      return;
    default: {
      const value = fields[name];
      if (!Array.isArray(value)) fields[name] = [value];
      else value.splice(random.below(value.length + 1), random.below(2), strangeValueOf(random));
    }
  }
}

/** Defines a field under any name, `__proto__` as well. */
function set(fields: JsonObject, name: string, value: unknown): void {
  Object.defineProperty(fields, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** Returns JSON of so many lists in each other. */
export function nestedJson(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}
