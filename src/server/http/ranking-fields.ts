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
