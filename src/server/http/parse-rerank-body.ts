import { RerankError } from "../../errors.ts";
import type { RerankRequest } from "../../reranker/rerank-request.ts";

/** What `POST /rerank` asks for: the request itself, and how to print the answer. */
export interface RerankBody {
  readonly request: RerankRequest;
  /** Whether each result carries its document's text. */
  readonly returnDocuments: boolean;
  /** Whether the answer tells where the time went. */
  readonly returnTimings: boolean;
}

/** Largest `top_n` that every protocol can carry: an int32. */
const maxTopN = 2 ** 31 - 1;

/**
 * Checks the types of a decoded JSON body, and nothing that the reranker checks itself. Unknown
 * fields are ignored. Throws a RerankError `invalid_argument` that names the field, what was
 * expected and the type that came.
 */
export function parseRerankBody(body: unknown): RerankBody {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw wrongType("body", "an object", body);
  }
  const fields = body as Readonly<Record<string, unknown>>;
  const { documents } = fields;
  if (!Array.isArray(documents)) {
    throw wrongType("documents", "a list of strings", documents);
  }
  const rawScores = parseBoolean(fields, "raw_scores");
  const truncate = parseBoolean(fields, "truncate");
  return {
    request: {
      query: parseText("query", fields.query),
      documents: documents.map((document, index) => parseText(`documents[${index}]`, document)),
      topN: parseTopN(fields.top_n),
      model: isAbsent(fields.model) ? undefined : parseText("model", fields.model),
      rawScores,
      truncate,
    },
    returnDocuments: parseBoolean(fields, "return_documents") ?? false,
    returnTimings: parseBoolean(fields, "return_timings") ?? false,
  };
}

function parseText(field: string, value: unknown): string {
  if (typeof value !== "string") throw wrongType(field, "a string", value);
  return value;
}

function parseTopN(value: unknown): number | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== "number") throw wrongType("top_n", "a whole number", value);
  if (Number.isInteger(value) && value >= 0 && value <= maxTopN) return value;
  const message = `\`top_n\` must be a whole number from 0 to ${maxTopN}, got: \`${value}\``;
  throw new RerankError("invalid_argument", message, { field: "top_n" });
}

function parseBoolean(
  fields: Readonly<Record<string, unknown>>,
  field: "return_documents" | "return_timings" | "raw_scores" | "truncate",
): boolean | undefined {
  const value = fields[field];
  if (isAbsent(value)) return undefined;
  if (typeof value !== "boolean") throw wrongType(field, "true or false", value);
  return value;
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function wrongType(field: string, expected: string, value: unknown): RerankError {
  const got = typeNameOf(value);
  const message = `\`${field}\` must be ${expected}, got: ${got}`;
  return new RerankError("invalid_argument", message, { field });
}

function typeNameOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return `a ${typeof value}`;
}
