import { RerankClientError } from "./client-error.ts";
import type { RerankRequest } from "./rerank-types.ts";

/** Largest number of an int32 field. */
const maxInt32 = 2 ** 31 - 1;

/**
 * Throws a RerankClientError with `invalid_argument` if a request cannot be put into a message.
 * What the server decides, such as its limits, is left to it.
 */
export function checkRequest(request: RerankRequest): void {
  if (typeof request !== "object" || request === null) {
    throw mustBe("request", "an object", request === null ? "null" : typeof request);
  }
  const { query, documents, topN, maxTokensPerDoc, longDocuments, truncationDirection } = request;
  if (typeof query !== "string") throw mustBe("query", "a string", typeof query);
  if (!Array.isArray(documents)) throw mustBe("documents", "an array", typeof documents);
  const bad = documents.findIndex((document: unknown) => typeof document !== "string");
  if (bad >= 0) throw mustBe(`documents[${bad}]`, "a string", typeof documents[bad]);
  for (const name of texts) checkType(name, request[name], "string");
  for (const name of switches) checkType(name, request[name], "boolean");
  checkTopN(topN);
  checkWord("longDocuments", longDocuments, ["truncate", "windows"]);
  checkWord("truncationDirection", truncationDirection, ["left", "right"]);
  if (maxTokensPerDoc === undefined) return;
  if (!Number.isInteger(maxTokensPerDoc) || maxTokensPerDoc < 1 || maxTokensPerDoc > maxInt32) {
    throw mustBe("maxTokensPerDoc", "a whole number of 1 or more", maxTokensPerDoc);
  }
}

/** The fields that may be left out, by what they are: `"false"` would count as true. */
const texts = ["model", "instruction"] as const;
const switches = ["returnDocuments", "rawScores", "truncate", "returnTimings"] as const;

function checkType(name: string, value: unknown, type: "string" | "boolean"): void {
  if (value === undefined || value === null || typeof value === type) return;
  throw mustBe(name, `a ${type}`, typeof value);
}

/** Throws unless it can abort a call, or is undefined. */
export function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  const canAbort =
    typeof signal === "object" &&
    signal !== null &&
    "aborted" in signal &&
    "addEventListener" in signal;
  if (!canAbort) throw mustBe("signal", "an AbortSignal", signal === null ? "null" : typeof signal);
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
