import { StartupError } from "../../errors.ts";
import { inexactNumber } from "../../json/json-number.ts";
import { type InputId, idOf, isInexactId } from "./input-id.ts";

/** A document of the input. */
export interface InputDocument {
  readonly text: string;
  /** The input's own name for it, where it is a JSON object with an `id`. */
  readonly id?: InputId | undefined;
}

/** The format of the input; `auto` detects it. */
export type InputFormat = "auto" | "jsonl" | "lines";

/**
 * Reads documents from bytes: a JSON list or JSON lines of strings or of objects with a string
 * `text`, or else one document a line without blank ones. Throws a StartupError that names the input
 * and the line if the bytes are no text, if there is no document, or if a line is not what the
 * others are; and one for an `id` that cannot be read exactly.
 */
export function parseDocuments(
  bytes: Uint8Array,
  { name, format }: { readonly name: string; readonly format: InputFormat },
): InputDocument[] {
  const text = decode(bytes, name);
  const documents =
    (format !== "lines" && (parseList(text, name) ?? parseJsonLines(text, name, format))) ||
    text.split(/\r?\n|\r/).flatMap((line) => (line.trim() === "" ? [] : { text: line }));
  if (documents.length > 0) return documents;
  throw new StartupError(`${name} holds no document`, {
    hint: "write one document a line, JSON lines with `text`, or a JSON list",
  });
}

function decode(bytes: Uint8Array, name: string): string {
  const hint = "convert it, for example with `iconv -t utf-8`, or extract its text first";
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new StartupError(`${name} is not text in UTF-8`, { hint, cause });
  }
  if (!text.includes("\0")) return text;
  throw new StartupError(`${name} is not text: it has a NUL character`, { hint });
}

/** Reads a JSON list; undefined if the text is none. */
function parseList(text: string, name: string): InputDocument[] | undefined {
  if (!text.trimStart().startsWith("[")) return undefined;
  const values = parseJson(text);
  if (!Array.isArray(values)) return undefined;
  return values.map((value, at) => {
    const document = documentOf(value, name);
    if (document) return document;
    throw new StartupError(
      `${name}: element ${at} is neither a string nor an object with \`text\``,
    );
  });
}

/** Reads JSON lines; undefined if the format is open and the first line is not one. */
function parseJsonLines(
  text: string,
  name: string,
  format: InputFormat,
): InputDocument[] | undefined {
  const lines = text.split(/\r?\n/).map((line) => documentOf(parseJson(line), name) ?? line);
  const wanted = lines.filter((line) => typeof line !== "string" || line.trim() !== "");
  const bad = lines.findIndex((line) => typeof line === "string" && line.trim() !== "");
  if (bad < 0) return wanted as InputDocument[];
  // A quoted first line may be prose, but an object with `text` is no accident.
  const [first] = wanted;
  const isObject = typeof first === "object" && text.trimStart().startsWith("{");
  if (format === "auto" && !isObject) return undefined;
  throw new StartupError(
    `${name}:${bad + 1}: neither a JSON string nor a JSON object with \`text\``,
    { hint: "with --lines every line is a document, also one that looks like JSON" },
  );
}

function documentOf(value: unknown, name: string): InputDocument | undefined {
  if (typeof value === "string") return { text: value };
  if (typeof value !== "object" || value === null) return undefined;
  const { text } = value as { readonly text?: unknown };
  if (typeof text !== "string") return undefined;
  if (isInexactId(value)) throw new StartupError(`${name}: an \`id\` ${inexactNumber}`);
  const id = idOf(value);
  return id === undefined ? { text } : { text, id };
}

/** Returns the value, or undefined where the text is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
