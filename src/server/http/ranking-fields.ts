import { shorten } from "../../characters.ts";
import { minPairTokens } from "../../reranker/check-request.ts";
import type { RerankRequest } from "../../reranker/rerank-request.ts";
import {
  booleanField,
  choiceField,
  integerField,
  invalidField,
  isAbsent,
  type JsonFields,
  numberField,
  propertiesOf,
  readText,
  readTexts,
  textField,
  wrongType,
} from "./json-fields.ts";

/** The options of a ranking request: all of its fields except the texts. */
export type RankingOptions = Omit<RerankRequest, "query" | "documents">;

/** What clients of Infinity send where their caller named no model. */
const unnamedModel = "default/not-specified";

/** The fields that every dialect may hold, under the names of each. */
const rankingFields = {
  topN: integerField("The most results to return. 0 and null: all.", 0, "top_n"),
  model: textField(
    "The model to use, by one of its served names. Default: the one that is served.",
    "model",
  ),
  rawScores: booleanField(
    "Whether scores are the model's logits. Default: false, scores are sigmoid(logit), 0 to 1, unless the server is configured otherwise.",
    "raw_scores",
  ),
  truncate: booleanField(
    "Whether a pair that is too long is cut to fit. Default: true. With false it is an error.",
    "truncate",
    "truncation",
  ),
  truncationDirection: choiceField(
    "TruncationDirection",
    "The end that loses tokens where a text is cut. Default: the model's, mostly `right`.",
    ["left", "right"],
    "truncation_direction",
    "truncation_side",
  ),
  // 0 is vLLM's word for no limit.
  maxTokensPerDocument: integerField(
    "The most tokens of a document that are read. 0 and null: as many as fit.",
    0,
    "max_tokens_per_doc",
    "max_doc_length",
  ),
  maxTokensPerQuery: integerField(
    "The most tokens of the query that are read. 0 and null: as many as fit.",
    0,
    "max_tokens_per_query",
  ),
  // -1 is vLLM's word for the model's longest pair.
  maxTokensPerPair: integerField(
    `The most tokens of a query with its document: ${minPairTokens} or more, or -1 for as many as fit.`,
    -1,
    "truncate_prompt_tokens",
  ),
  longDocuments: choiceField(
    "LongDocuments",
    "With `windows` a long document is read to its end and its best part counts. Default: `truncate`, it is cut.",
    ["truncate", "windows"],
    "long_documents",
  ),
  instruction: textField(
    "What the model is told to look for. Only models whose template has a place for it take one.",
    "instruction",
  ),
  scoreThreshold: numberField("Leaves out documents that score less.", "score_threshold"),
  maxChunks: integerField(
    "Has no effect, since a document that is cut is one chunk; an error beside `windows`.",
    1,
    "max_chunks_per_doc",
  ),
} as const;

/** The opposite of `raw_scores`; `activation` and `softmax` are what vLLM called it before. */
const activationField = booleanField(
  "The opposite of `raw_scores`, as vLLM has it. `raw_scores` counts first.",
  "use_activation",
  "activation",
  "softmax",
);

/** The schemas of all these fields, by name. */
export const rankingProperties = propertiesOf([...Object.values(rankingFields), activationField]);

/**
 * Reads the fields that every dialect may hold, under the names of each: what one server's clients
 * send, another's may as well. Unknown fields are ignored; a field that would change the ranking and
 * cannot be honoured is an error. Throws a RerankError `invalid_argument` that names the field.
 */
export function readRankingOptions(fields: JsonFields): RankingOptions {
  const wanted = rankingFields;
  const longDocuments = wanted.longDocuments.read(fields);
  checkChunkLimit(fields, longDocuments);
  const maxTokensPerPair = readPromptTokens(fields);
  const isCut = !isAbsent(fields.truncate_prompt_tokens);
  return {
    topN: wanted.topN.read(fields),
    model: fields.model === unnamedModel ? undefined : wanted.model.read(fields),
    rawScores: readRawScores(fields),
    // vLLM cuts pairs only where the number of tokens is sent.
    truncate: wanted.truncate.read(fields) ?? (isCut ? true : undefined),
    truncationDirection: wanted.truncationDirection.read(fields),
    maxTokensPerDocument: wanted.maxTokensPerDocument.read(fields) || undefined,
    maxTokensPerQuery: wanted.maxTokensPerQuery.read(fields) || undefined,
    maxTokensPerPair,
    longDocuments,
    instruction: wanted.instruction.read(fields),
    scoreThreshold: wanted.scoreThreshold.read(fields),
  };
}

function readRawScores(fields: JsonFields): boolean | undefined {
  const useActivation = activationField.read(fields);
  const rawScores = rankingFields.rawScores.read(fields);
  return rawScores ?? (useActivation === undefined ? undefined : !useActivation);
}

function readPromptTokens(fields: JsonFields): number | undefined {
  const tokens = rankingFields.maxTokensPerPair.read(fields);
  if (tokens === undefined || tokens === -1) return undefined;
  if (tokens >= minPairTokens) return tokens;
  const [name] = rankingFields.maxTokensPerPair.names;
  throw invalidField(name, `must be -1, or ${minPairTokens} or more`, String(tokens));
}

/**
 * A document that is cut is one chunk, which no limit forbids; one in windows is as many as it
 * takes.
 */
function checkChunkLimit(fields: JsonFields, longDocuments: string | undefined): void {
  const chunks = rankingFields.maxChunks.read(fields);
  if (chunks === undefined || longDocuments !== "windows") return;
  const [name] = rankingFields.maxChunks.names;
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
