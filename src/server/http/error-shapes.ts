import type { RerankErrorCode } from "../../errors.ts";

/** The parts of an error that every shape uses. */
export interface ErrorFacts {
  readonly status: number;
  readonly code: RerankErrorCode;
  readonly message: string;
  /** The request field at fault. */
  readonly field?: string | undefined;
}

/** How the clients of a route expect an error. */
export type ErrorShape = (error: ErrorFacts) => { readonly status: number; readonly body: object };

/** What OpenAI's API and its followers call each error. */
const typeOf = {
  invalid_argument: "invalid_request_error",
  unauthenticated: "authentication_error",
  not_found: "not_found_error",
  resource_exhausted: "rate_limit_error",
  unavailable: "unavailable_error",
  deadline_exceeded: "timeout_error",
  cancelled: "cancelled_error",
  internal: "server_error",
} as const satisfies Record<RerankErrorCode, string>;

/**
 * The error body for the clients of OpenAI-like servers (vLLM, Infinity, llama.cpp), which read the
 * object `error`; of Cohere and the AI SDK, which read `message`; and of Jina, LangChain and
 * Xinference, which read `detail`.
 */
export const objectError: ErrorShape = ({ status, code, message, field }) => {
  // What is too large stays so, however often it is sent.
  const isForGood = status === 413 || status === 422;
  const type = isForGood ? typeOf.invalid_argument : typeOf[code];
  const error = { code, message, type, param: field ?? null };
  return { status, body: { error, message, detail: message } };
};

/**
 * What text-embeddings-inference calls the errors of a status; `Validation` where it is not listed.
 */
const teiTypeOf: Readonly<Record<number, string>> = {
  400: "Empty",
  401: "Unauthorized",
  424: "Backend",
  429: "Overloaded",
  503: "Unhealthy",
  504: "Backend",
};

/**
 * The error body for the clients of text-embeddings-inference, who read the string `error` and
 * `error_type`. A fault of the server has the status that they know, 424.
 */
export const teiError: ErrorShape = ({ status: asked, message }) => {
  const status = asked === 500 ? 424 : asked;
  const errorType = teiTypeOf[status] ?? "Validation";
  return { status, body: { error: message, error_type: errorType, message, detail: message } };
};
