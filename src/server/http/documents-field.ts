import { shorten } from "../../characters.ts";
import {
  invalidField,
  isAbsent,
  type JsonFields,
  readText,
  readTexts,
  wrongType,
} from "./json-fields.ts";

/** What stands between two of a document's fields. */
const fieldSeparator = "\n";

/** Longest part of a field's name that a message repeats. */
const maxNameChars = 40;

/**
 * How deeply a document's fields may hold each other: more than any real one, and far less than
 * what it takes to print an answer that holds it.
 */
const maxDocumentDepth = 100;

/** The field that is ranked by where `rank_fields` does not say otherwise. */
const defaultRankFields = ["text"] as const;

/**
 * Returns the text of each document: strings as they are, and of objects the fields that
 * `rank_fields` names, in its order, one on a line (default: `text` alone). Numbers and booleans
 * among them are printed. Throws a RerankError `invalid_argument` that names the document's field.
 */
export function readDocuments(fields: JsonFields): string[] {
  const { documents } = fields;
  if (!Array.isArray(documents)) {
    throw wrongType("documents", "a list of strings", documents);
  }
  const rankFields = readRankFields(fields);
  return documents.map((document: unknown, index) => {
    const name = `documents[${index}]`;
    const isObject = typeof document === "object" && document !== null && !Array.isArray(document);
    if (!isObject) return readText(name, document);
    checkDepth(name, document);
    return textOf(name, document as JsonFields, rankFields);
  });
}

/**
 * Returns a ranked document as an answer holds it: an object as it was sent. Its `text` is a string
 * in any case; where it has none of its own, that is the text that was ranked.
 */
export function documentAnswerOf(document: unknown, rankedText: string): object {
  if (typeof document !== "object" || document === null) return { text: rankedText };
  const { text } = document as JsonFields;
  return { ...document, text: typeof text === "string" ? text : rankedText };
}

function checkDepth(name: string, document: unknown): void {
  let level: unknown[] = [document];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDocumentDepth) {
      throw invalidField(name, `must not be nested more than ${maxDocumentDepth} levels deep`);
    }
    level = level
      .flatMap((value) => Object.values(value as object))
      .filter((value) => typeof value === "object" && value !== null);
  }
}

function readRankFields(fields: JsonFields): readonly string[] {
  const { rank_fields: names } = fields;
  if (isAbsent(names)) return defaultRankFields;
  const rankFields = readTexts("rank_fields", names);
  if (rankFields.length === 0) throw invalidField("rank_fields", "must not be empty");
  return rankFields;
}

function textOf(name: string, document: JsonFields, rankFields: readonly string[]): string {
  const texts = rankFields.map((field) => {
    const value = Object.hasOwn(document, field) ? document[field] : undefined;
    const isPlain = typeof value === "number" || typeof value === "boolean";
    return readText(`${name}.${shorten(field, maxNameChars)}`, isPlain ? String(value) : value);
  });
  return texts.join(fieldSeparator);
}
