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
} from "./json-fields.ts";

/** Everything of a request but its texts. */
export type RankingOptions = Omit<RerankRequest, "query" | "documents">;

/**
 * Reads the fields that every dialect may hold, under the names of each: what one server's clients
 * send, another's may as well. `maxLength` is the longest pair in tokens. Unknown fields are
 * ignored; a field that would change the ranking and cannot be honoured is an error. Throws a
 * RerankError `invalid_argument` that names the field.
 */
export function readRankingOptions(fields: JsonFields, maxLength: number): RankingOptions {
  const longDocuments = readChoice(fields, ["truncate", "windows"], "long_documents");
  checkQueryLimit(fields, maxLength);
  checkChunkLimit(fields, longDocuments);
  return {
    topN: readInteger(fields, 0, "top_n"),
    model: isAbsent(fields.model) ? undefined : readText("model", fields.model),
    rawScores: readRawScores(fields),
    truncate: readTruncate(fields, maxLength),
    truncationDirection: readChoice(
      fields,
      ["left", "right"],
      "truncation_direction",
      "truncation_side",
    ),
    // 0 is vLLM's word for no limit.
    maxTokensPerDocument:
      readInteger(fields, 0, "max_tokens_per_doc", "max_doc_length") || undefined,
    longDocuments,
    instruction: isAbsent(fields.instruction)
      ? undefined
      : readText("instruction", fields.instruction),
    scoreThreshold: readNumber(fields, "score_threshold"),
  };
}

function readRawScores(fields: JsonFields): boolean | undefined {
  const useActivation = readBoolean(fields, "use_activation");
  const rawScores = readBoolean(fields, "raw_scores");
  return rawScores ?? (useActivation === undefined ? undefined : !useActivation);
}

/** vLLM cuts pairs only where `truncate_prompt_tokens` says to what length. */
function readTruncate(fields: JsonFields, maxLength: number): boolean | undefined {
  const truncate = readBoolean(fields, "truncate", "truncation");
  const promptTokens = readInteger(fields, -1, "truncate_prompt_tokens");
  if (promptTokens === undefined) return truncate;
  if (promptTokens === -1 || promptTokens >= maxLength) return truncate ?? true;
  throw invalidField(
    "truncate_prompt_tokens",
    `must be -1 or at least ${maxLength}, the longest pair that the server reads`,
    String(promptTokens),
  );
}

function checkQueryLimit(fields: JsonFields, maxLength: number): void {
  const name = "max_tokens_per_query";
  const tokens = readInteger(fields, 0, name);
  if (!tokens || tokens >= maxLength) return;
  const problem = `must be 0 or at least ${maxLength}: the query has no limit of its own`;
  throw invalidField(name, problem, String(tokens));
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
