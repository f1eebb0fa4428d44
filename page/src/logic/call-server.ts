import type { RerankBody } from "./settings.ts";

/** The reason of a failed call; the texts of the page say it in a sentence. */
export type FaultKind =
  | "offline"
  | "keyMissing"
  | "keyWrong"
  | "busy"
  | "unavailable"
  | "tooLarge"
  | "invalid"
  | "server";

/** A failed call. `message` is what the server said, in English; "" if it said nothing. */
export class CallFault extends Error {
  override readonly name = "CallFault";
  readonly kind: FaultKind;
  /** The HTTP status; 0 without an answer. */
  readonly status: number;
  /** Seconds after which the server wants to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(kind: FaultKind, message: string, status = 0, retryAfter?: number) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The server that the page came from. `fetch` as of the browser. */
export interface CallOptions {
  readonly fetch: typeof fetch;
  /** The API key that was typed in; undefined: none. */
  readonly apiKey: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the page reads of the answer to `POST /rerank`. */
export interface RerankAnswer {
  readonly model: string;
  readonly results: readonly {
    readonly index: number;
    readonly relevance_score: number;
    readonly truncated?: boolean;
    readonly passage?: { readonly start: number; readonly end: number };
  }[];
  readonly usage: { readonly total_tokens: number };
  readonly query_truncated?: boolean;
  readonly timings?: {
    readonly tokenization_ms: number;
    readonly queue_ms: number;
    readonly inference_ms: number;
    readonly total_ms: number;
  };
}

/** Ranks. Rejects with a CallFault, or with the signal's reason. */
export async function callRerank(body: RerankBody, options: CallOptions): Promise<RerankAnswer> {
  const response = await send("/rerank", options, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, return_timings: true }),
  });
  const answer = (await jsonOf(response, options)) as RerankAnswer | undefined;
  if (response.ok && Array.isArray(answer?.results)) return answer;
  throw faultOf(response, answer, options);
}

/** Asks for something small that may not be there; undefined where it was not given. */
export async function callForText(
  path: string,
  options: CallOptions,
): Promise<{ readonly status: number; readonly text: string } | undefined> {
  try {
    const response = await send(path, options);
    return { status: response.status, text: await response.text() };
  } catch {
    return undefined;
  }
}

async function send(path: string, options: CallOptions, init: RequestInit = {}): Promise<Response> {
  const { apiKey, signal } = options;
  const headers = { ...init.headers, ...(apiKey && { authorization: `Bearer ${apiKey}` }) };
  try {
    return await options.fetch(path, {
      ...init,
      headers,
      credentials: "same-origin",
      signal: signal ?? null,
    });
  } catch {
    signal?.throwIfAborted();
    throw new CallFault("offline", "");
  }
}

async function jsonOf(response: Response, { signal }: CallOptions): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    signal?.throwIfAborted();
    // The connection ended in the middle of the answer.
    if (!(error instanceof SyntaxError)) throw new CallFault("offline", "");
    return undefined;
  }
}

function faultOf(response: Response, answer: unknown, { apiKey }: CallOptions): CallFault {
  const { status } = response;
  const said = (answer as { readonly message?: unknown } | undefined)?.message;
  const seconds = Number(response.headers.get("retry-after") ?? "");
  const kind = kindOf(status, apiKey !== undefined);
  return new CallFault(kind, typeof said === "string" ? said : "", status, seconds || undefined);
}

function kindOf(status: number, hasKey: boolean): FaultKind {
  if (status === 401) return hasKey ? "keyWrong" : "keyMissing";
  if (status === 413) return "tooLarge";
  if (status === 429) return "busy";
  if (status === 502 || status === 503 || status === 504) return "unavailable";
  return status >= 400 && status < 500 ? "invalid" : "server";
}
