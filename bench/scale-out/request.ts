import { RerankClientError, type RerankRequest } from "../../client/src/index.ts";
import { HttpStatusError } from "../load/http-client.ts";

/** How long every caller waits for an answer, in ms. */
export const deadlineMs = 3_000;

/** How long a caller waits between an answer and its next request, in ms. */
export const pauseMs = 150;

const notes = ["Lunch was kimchi stew.", "The quality meeting is tomorrow at two."];

/** More than a balancer's buffer for a request holds if it is left at its default of 16 KiB. */
const longText = "The minutes of a long meeting, word by word. ".repeat(1_000);

/** One request in so many has the long text. */
const longEvery = 6;

/** So that the long text costs a replica hardly more than the others. */
const maxTokensPerDoc = 16;

/** Returns the `n`-th request of a caller. */
export function requestOf(n: number): RerankRequest {
  const documents = n % longEvery === 0 ? [...notes, longText] : notes;
  return { query: "tomorrow's meetings", documents, maxTokensPerDoc };
}

/** Returns the same request as the body of `POST /rerank`. */
export function jsonBodyOf(n: number): string {
  const { query, documents, maxTokensPerDoc: max_tokens_per_doc } = requestOf(n);
  return JSON.stringify({ query, documents, max_tokens_per_doc });
}

/** Returns the name under which a failure is counted. */
export function statusOf(error: unknown): string {
  if (error instanceof RerankClientError) return error.code;
  if (error instanceof HttpStatusError) return String(error.status);
  if (!(error instanceof Error)) return "other";
  if (error.name === "TimeoutError" || error.name === "AbortError") return "no answer in time";
  return "code" in error ? String(error.code) : error.name;
}
