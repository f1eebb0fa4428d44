import { parseCsv } from "./csv.ts";

/** Why a file was not taken; the texts of the page say it in a sentence. */
export type FileFault =
  | { readonly kind: "notText" }
  | { readonly kind: "empty" }
  | { readonly kind: "tooLarge"; readonly maxBytes: number }
  | { readonly kind: "badLine"; readonly line: number }
  | { readonly kind: "otherType" };

/** What a file holds, or why it was not taken. */
export type FileContent =
  | { readonly documents: readonly string[]; readonly column?: string | undefined }
  | { readonly fault: FileFault };

/** Largest file that is read, in bytes: the largest body that servers take by default. */
export const maxFileBytes = 33_554_432;

/** Names of fields and columns that hold the text, in the order in which they are looked for. */
const textNames = ["text", "document", "content", "passage", "body", "contents"] as const;

/**
 * Reads candidates from a file by its name's ending: `.txt` a line each, `.jsonl` a string or an
 * object with a text each, `.csv` and `.tsv` the column whose name says that it is the text, or else
 * the one with the most text.
 */
export function readCandidateFile(name: string, bytes: Uint8Array): FileContent {
  if (bytes.byteLength > maxFileBytes) {
    return { fault: { kind: "tooLarge", maxBytes: maxFileBytes } };
  }
  const text = decode(bytes);
  if (text === undefined) return { fault: { kind: "notText" } };
  const content = contentOf(name.toLowerCase(), text);
  if ("fault" in content) return content;
  const documents = content.documents.filter((document) => document.trim() !== "");
  return documents.length === 0 ? { fault: { kind: "empty" } } : { ...content, documents };
}

function contentOf(name: string, text: string): FileContent {
  if (/\.(jsonl|ndjson)$/.test(name)) return readJsonLines(text);
  if (name.endsWith(".csv")) return readTable(text, ",");
  if (name.endsWith(".tsv")) return readTable(text, "\t");
  if (/\.(txt|text|md|log)$/.test(name)) return { documents: text.split(/\r\n|\r|\n/) };
  return { fault: { kind: "otherType" } };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

function readJsonLines(text: string): FileContent {
  const documents: string[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const document = textOfJson(line);
    if (document === undefined) return { fault: { kind: "badLine", line: at + 1 } };
    documents.push(document);
  }
  return { documents };
}

function textOfJson(line: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const name = textNames.find((candidate) => typeof fields[candidate] === "string");
  return name && String(fields[name]);
}

function readTable(text: string, separator: string): FileContent {
  const rows = parseCsv(text, separator);
  const [head = [], ...body] = rows;
  const names = head.map((cell) => cell.trim().toLowerCase());
  const named = textNames.map((name) => names.indexOf(name)).find((at) => at >= 0);
  if (named !== undefined) {
    return { documents: body.map((row) => row[named] ?? ""), column: head[named]?.trim() };
  }
  const sizes = head.map((_cell, at) => rows.reduce((sum, row) => sum + (row[at]?.length ?? 0), 0));
  const largest = sizes.indexOf(Math.max(...sizes));
  return { documents: rows.map((row) => row[largest] ?? ""), column: String(largest + 1) };
}
