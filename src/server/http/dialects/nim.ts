import { type FieldNames, withFieldNames } from "../../call/field-names.ts";
import { usageOf } from "../answer-parts.ts";
import { choiceField, readObject, readText, wrongType } from "../json-fields.ts";
import { type Dialect, rankingHeaders } from "../json-route.ts";
import { readRankingOptions } from "../ranking-fields.ts";

const fieldNames: FieldNames = (field, index) => {
  if (field === "query") return "query.text";
  return index === undefined ? "passages" : `passages[${index}].text`;
};

/** NIM's field that says how a pair that is too long is handled. */
export const nimTruncateField = choiceField(
  "NimTruncate",
  "`END` cuts a pair that is too long, with `NONE` it is an error. Default: `END`.",
  ["END", "NONE"],
  "truncate",
);

/** The dialect of NVIDIA's NIM: `passages` in, `rankings` of `index` and `logit` out. */
export const answerNim: Dialect = async (fields, context) => {
  const { passages } = fields;
  if (!Array.isArray(passages)) throw wrongType("passages", "a list of objects", passages);
  const end = nimTruncateField.read(fields) ?? "END";
  const { truncate: _word, ...rest } = fields;
  const request = {
    ...readRankingOptions(rest),
    query: readText("query.text", readObject("query", fields.query).text),
    documents: passages.map((passage: unknown, index) => {
      const { text } = readObject(`passages[${index}]`, passage);
      return readText(`passages[${index}].text`, text);
    }),
    rawScores: true,
    truncate: end === "END",
  };
  const result = await withFieldNames(fieldNames, context.rank(request));
  const rankings = result.results.map(({ index, relevanceScore, truncated }) => ({
    index,
    logit: relevanceScore,
    ...(truncated && { truncated }),
  }));
  return {
    status: 200,
    headers: rankingHeaders(request, result, context),
    body: { rankings, usage: usageOf(result.totalTokens) },
  };
};
