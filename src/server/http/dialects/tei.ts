import { documentsCalled, withFieldNames } from "../../call/field-names.ts";
import { passageAnswerOf } from "../answer-parts.ts";
import { teiError } from "../error-shapes.ts";
import { HttpError } from "../http-error.ts";
import { booleanField, type JsonFields, readText, readTexts } from "../json-fields.ts";
import { type Dialect, rankingHeaders } from "../json-route.ts";
import { readRankingOptions } from "../ranking-fields.ts";

/** The fields of text-embeddings-inference that say how to rank, llama.cpp's `top_n`, and ours. */
export const teiNames = [
  "truncate",
  "truncation_direction",
  "raw_scores",
  "top_n",
  "long_documents",
  "max_tokens_per_doc",
  "score_threshold",
] as const;

/** Whether an answer holds the texts. */
export const returnTextField = booleanField(
  "Whether each result carries its text. Default: false.",
  "return_text",
  "return_documents",
);

/**
 * The dialect of text-embeddings-inference: `texts` in, a bare list of `index` and `score` out.
 * Errors have its shape, too.
 */
export const answerTei: Dialect = async (fields, context) => {
  context.errorShape = teiError;
  const query = readText("query", fields.query);
  const documents = readTexts("texts", fields.texts);
  if (documents.length === 0) {
    const message = "`texts` must not be empty";
    throw new HttpError(400, "invalid_argument", message, { field: "texts" });
  }
  const options = readRankingOptions(knownFields(fields));
  const returnText = returnTextField.read(fields) ?? false;
  const { model } = fields;
  const isServed = typeof model === "string" && context.options.models.names.includes(model);
  const request = { query, documents, ...options, ...(isServed && { model }) };

  const result = await withFieldNames(documentsCalled("texts"), context.rank(request));
  const body = result.results.map(({ index, relevanceScore, truncated, passage }) => {
    const text = returnText ? (documents[index] ?? "") : undefined;
    return {
      index,
      score: relevanceScore,
      ...(text !== undefined && { text }),
      ...(truncated && { truncated }),
      ...(passage && { passage: passageAnswerOf(passage, text) }),
    };
  });
  return { status: 200, headers: rankingHeaders(request, result, context), body };
};

/**
 * Any other field is ignored, as the original does. Its clients send a `model` of any name, so that
 * is followed only where it names one that is served.
 */
function knownFields(fields: JsonFields): JsonFields {
  return Object.fromEntries(teiNames.map((name) => [name, fields[name]]));
}
