import { RerankClientError } from "./client-error.ts";
import type { RerankRequest } from "./rerank-types.ts";

/** Largest number of an int32 field. */
const maxInt32 = 2 ** 31 - 1;

/**
 * Throws a RerankClientError with `invalid_argument` if a request cannot be put into a message.
 * What the server decides, such as its limits, is left to it.
 */
export function checkRequest(request: RerankRequest): void {
  const { query, documents, topN, maxTokensPerDoc, longDocuments, truncationDirection } = request;
  if (typeof query !== "string") throw mustBe("query", "a string", typeof query);
  if (!Array.isArray(documents)) throw mustBe("documents", "an array", typeof documents);
  const bad = documents.findIndex((document: unknown) => typeof document !== "string");
  if (bad >= 0) throw mustBe(`documents[${bad}]`, "a string", typeof documents[bad]);
  checkTopN(topN);
  checkWord("longDocuments", longDocuments, ["truncate", "windows"]);
  checkWord("truncationDirection", truncationDirection, ["left", "right"]);
  if (maxTokensPerDoc === undefined) return;
  if (!Number.isInteger(maxTokensPerDoc) || maxTokensPerDoc < 1 || maxTokensPerDoc > maxInt32) {
    throw mustBe("maxTokensPerDoc", "a whole number of 1 or more", maxTokensPerDoc);
  }
}

function checkWord(name: string, value: string | undefined, words: readonly string[]): void {
  if (value === undefined || words.includes(value)) return;
  throw mustBe(name, words.map((word) => `\`${word}\``).join(" or "), value);
}

/** Throws unless it is a whole number of 0 or more, or undefined. */
export function checkTopN(topN: number | undefined): void {
  if (topN === undefined) return;
  if (!Number.isInteger(topN) || topN < 0 || topN > maxInt32) {
    throw mustBe("topN", "a whole number of 0 or more", topN);
  }
}

/** Throws unless the number is greater than 0; `Infinity` is. */
export function checkPositive(name: string, value: number): void {
  if (!(value > 0)) throw mustBe(name, "a number greater than 0", value);
}

/** Throws unless the number is finite. */
export function checkFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) throw mustBe(name, "a finite number", value);
}

function mustBe(name: string, expected: string, got: string | number): RerankClientError {
  const message = `\`${name}\` must be ${expected}, got: \`${got}\``;
  return new RerankClientError("invalid_argument", message);
}
