import { RerankError } from "../errors.ts";
import type { RerankRequest } from "../reranker/rerank-request.ts";

/**
 * Checks what the types promise, for callers that have none; the rest is the reranker's to check.
 * Throws RerankError `invalid_argument`.
 */
export function checkTypes(request: RerankRequest): void {
  const { query, documents }: { readonly query: unknown; readonly documents: unknown } =
    request ?? {};
  if (typeof query !== "string") throw wrongType("query", "a string", query);
  if (!Array.isArray(documents)) throw wrongType("documents", "a list of strings", documents);
  for (const [at, document] of documents.entries()) {
    if (typeof document !== "string") throw wrongType(`documents[${at}]`, "a string", document);
  }
}

/** Throws RerankError `invalid_argument` if a time-out is no number of milliseconds. */
export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined || timeoutMs > 0) return;
  const message = `\`timeoutMs\` must be a number above 0, got: \`${timeoutMs}\``;
  throw new RerankError("invalid_argument", message, { field: "timeoutMs" });
}

function wrongType(field: string, expected: string, value: unknown): RerankError {
  const got = value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
  const message = `\`${field}\` must be ${expected}, got: ${value === undefined ? "nothing" : got}`;
  return new RerankError("invalid_argument", message, { field });
}
