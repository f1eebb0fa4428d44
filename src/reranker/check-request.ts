import { shorten } from "../characters.ts";
import { RerankError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { RequestLimits, RerankRequest } from "./rerank-request.ts";

/** Default limits of a request. */
export const defaultRequestLimits: RequestLimits = {
  maxDocuments: 10_000,
  maxDocumentChars: 1_000_000,
  maxQueryChars: 32_768,
};

/**
 * Least tokens that a pair may be cut to: special tokens leave space for text. A template with more
 * tokens asks for more.
 */
export const minPairTokens = 8;

/** Fewest tokens of query and document together: one of each. */
const minTextTokens = 2;

/** The facts about a model's template that a check uses. */
type TemplateFacts = Pick<Tokenizer, "takesInstruction" | "templateTokens">;

/** The values of `long_documents`. */
const longDocumentsWords = ["truncate", "windows"];

/** The values of `truncation_direction`. */
const directionWords = ["left", "right"];

/** Most characters of a client's value that a message repeats. */
const maxEchoChars = 100;

/**
 * Checks a request, the same way for every protocol. Throws RerankError `invalid_argument` or
 * `not_found` whose message names the field, what was expected and what came; never the text of a
 * query or document. `tokenizer` says what the model's template takes.
 */
export function checkRequest(
  request: RerankRequest,
  limits: RequestLimits,
  servedModels: readonly string[],
  { takesInstruction = false, templateTokens = 0 }: TemplateFacts = {},
): void {
  const leastPairTokens = Math.max(minPairTokens, templateTokens + minTextTokens);
  checkModel(request.model, servedModels);
  if (request.query === "") throw invalid("query", "must not be empty");
  checkText("query", request.query, limits.maxQueryChars);
  checkInstruction(request.instruction, limits, takesInstruction);
  checkTopN(request.topN);
  checkWord("long_documents", request.longDocuments, longDocumentsWords);
  checkWord("truncation_direction", request.truncationDirection, directionWords);
  checkMaxTokens("max_tokens_per_doc", request.maxTokensPerDocument);
  checkMaxTokens("max_tokens_per_query", request.maxTokensPerQuery);
  checkMaxTokens("max_tokens_per_pair", request.maxTokensPerPair, leastPairTokens);
  checkThreshold(request.scoreThreshold);
  if (request.documents.length > limits.maxDocuments) {
    throw invalid(
      "documents",
      `must hold at most ${limits.maxDocuments} documents, got: ${request.documents.length}`,
      limits.maxDocuments,
    );
  }
  request.documents.forEach((document, index) => {
    checkText(`documents[${index}]`, document, limits.maxDocumentChars);
  });
}

function checkModel(model: string | null | undefined, servedModels: readonly string[]): void {
  if (model && !servedModels.includes(model)) throw unknownModel(model, servedModels);
}

/** Returns the error of a request for a model that is not served, with the names that are. */
export function unknownModel(asked: string, servedModels: readonly string[]): RerankError {
  const served = servedModels.map((name) => `\`${name}\``).join(", ");
  return new RerankError(
    "not_found",
    `\`model\` must be one that is served (${served}), got: \`${shorten(asked, maxEchoChars)}\`; the server's \`--served-model-name\` allows further names`,
    { field: "model" },
  );
}

function checkText(field: string, text: string, maxChars: number): void {
  if (text.length > maxChars) {
    throw invalid(field, `must have at most ${maxChars} characters, got: ${text.length}`, maxChars);
  }
}

function checkInstruction(
  instruction: string | undefined,
  { maxQueryChars }: RequestLimits,
  takesInstruction: boolean,
): void {
  if (instruction === undefined) return;
  if (!takesInstruction) {
    throw invalid("instruction", "must not be sent: the model that is served takes none");
  }
  checkText("instruction", instruction, maxQueryChars);
}

function checkTopN(topN: number | null | undefined): void {
  if (topN === undefined || topN === null) return;
  if (!Number.isSafeInteger(topN) || topN < 0) {
    throw invalid("top_n", `must be a whole number of 0 or more, got: ${topN}`);
  }
}

function checkWord(field: string, value: unknown, words: readonly string[]): void {
  if (value === undefined || words.some((word) => word === value)) return;
  const expected = words.map((word) => `\`${word}\``).join(" or ");
  throw invalid(field, `must be ${expected}, got: \`${shorten(String(value), maxEchoChars)}\``);
}

function checkMaxTokens(field: string, tokens: number | undefined, least = 1): void {
  if (tokens === undefined || (Number.isSafeInteger(tokens) && tokens >= least)) return;
  throw invalid(field, `must be a whole number of ${least} or more, got: ${tokens}`);
}

function checkThreshold(threshold: number | undefined): void {
  if (threshold === undefined || Number.isFinite(threshold)) return;
  throw invalid("score_threshold", `must be a finite number, got: ${threshold}`);
}

function invalid(field: string, problem: string, limit?: number): RerankError {
  const options = limit === undefined ? { field } : { field, limit };
  return new RerankError("invalid_argument", `\`${field}\` ${problem}`, options);
}
