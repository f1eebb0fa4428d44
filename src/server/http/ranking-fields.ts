import { shorten } from "../../characters.ts";
import { minPairTokens } from "../../reranker/check-request.ts";
import type { RerankRequest } from "../../reranker/rerank-request.ts";
import {
  invalidField,
  isAbsent,
  type JsonFields,
  readBoolean,
  readChoice,
  readInteger,
  readNumber,
  readText,
  readTexts,
  wrongType,
} from "./json-fields.ts";

/** Everything of a request but its texts. */
export type RankingOptions = Omit<RerankRequest, "query" | "documents">;

/** What clients of Infinity send where their caller named no model. */
const unnamedModel = "default/not-specified";

/**
 * Reads the fields that every dialect may hold, under the names of each: what one server's clients
 * send, another's may as well. Unknown fields are ignored; a field that would change the ranking and
 * cannot be honoured is an error. Throws a RerankError `invalid_argument` that names the field.
 */
export function readRankingOptions(fields: JsonFields): RankingOptions {
  const longDocuments = readChoice(fields, ["truncate", "windows"], "long_documents");
  checkChunkLimit(fields, longDocuments);
  const maxTokensPerPair = readPromptTokens(fields);
  const isCut = !isAbsent(fields.truncate_prompt_tokens);
  return {
    topN: readInteger(fields, 0, "top_n"),
    model: readModel(fields),
    rawScores: readRawScores(fields),
    // vLLM cuts pairs only where the number of tokens is sent.
    truncate: readBoolean(fields, "truncate", "truncation") ?? (isCut ? true : undefined),
    truncationDirection: readChoice(
      fields,
      ["left", "right"],
      "truncation_direction",
      "truncation_side",
    ),
    // 0 is vLLM's word for no limit.
    maxTokensPerDocument:
      readInteger(fields, 0, "max_tokens_per_doc", "max_doc_length") || undefined,
    maxTokensPerQuery: readInteger(fields, 0, "max_tokens_per_query") || undefined,
    maxTokensPerPair,
    longDocuments,
    instruction: isAbsent(fields.instruction)
      ? undefined
      : readText("instruction", fields.instruction),
    scoreThreshold: readNumber(fields, "score_threshold"),
  };
}

function readModel({ model }: JsonFields): string | undefined {
  if (isAbsent(model) || model === unnamedModel) return undefined;
  return readText("model", model);
}

/** `activation` and `softmax` are what vLLM called `use_activation` before. */
function readRawScores(fields: JsonFields): boolean | undefined {
  const useActivation = readBoolean(fields, "use_activation", "activation", "softmax");
  const rawScores = readBoolean(fields, "raw_scores");
  return rawScores ?? (useActivation === undefined ? undefined : !useActivation);
}

/** -1 is vLLM's word for the model's longest pair. */
function readPromptTokens(fields: JsonFields): number | undefined {
  const name = "truncate_prompt_tokens";
  const tokens = readInteger(fields, -1, name);
  if (tokens === undefined || tokens === -1) return undefined;
  if (tokens >= minPairTokens) return tokens;
  throw invalidField(name, `must be -1, or ${minPairTokens} or more`, String(tokens));
}

/**
 * A document that is cut is one chunk, which no limit forbids; one in windows is as many as it
 * takes.
 */
function checkChunkLimit(fields: JsonFields, longDocuments: string | undefined): void {
  const name = "max_chunks_per_doc";
  const chunks = readInteger(fields, 1, name);
  if (chunks === undefined || longDocuments !== "windows") return;
  throw invalidField(name, "does not go together with `long_documents: windows`", String(chunks));
}

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
