import { RerankError } from "../../errors.ts";
import type { Reranker } from "../../reranker/rerank-request.ts";
import type { Call, ServerRequest } from "../call.ts";
import type { HealthState } from "../health-state.ts";
import type { ServerLimits } from "../limits.ts";
import { linkSignals } from "../linked-signal.ts";
import { timingHeaders } from "../timing-headers.ts";
import { checkJsonContentType } from "./content-type.ts";
import { deadlineHeader, parseDeadlineHeader } from "./deadline-header.ts";
import { decodeJson } from "./decode-json.ts";
import { parseRerankBody } from "./parse-rerank-body.ts";
import { readBody } from "./read-body.ts";
import { rerankAnswerOf } from "./rerank-answer.ts";
import type { JsonAnswer } from "./send-json.ts";

/** What a route is given. */
export interface RouteContext {
  readonly request: ServerRequest;
  readonly call: Call;
  /** Aborts with a RerankError when the client goes away, or when the server stops. */
  readonly signal: AbortSignal;
}

/** One path and method of the plain JSON dialects. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Whether it is a probe, which is logged at debug. */
  readonly probe: boolean;
  /** Returns the answer, or throws a RerankError or an HttpError. */
  handle(context: RouteContext): Promise<JsonAnswer>;
}

/** What the routes work with. */
export interface RouteOptions {
  readonly reranker: Reranker;
  readonly health: HealthState;
  readonly limits: ServerLimits;
}

/** Returns the plain JSON routes. */
export function createRoutes(options: RouteOptions): readonly Route[] {
  const { reranker, health, limits } = options;
  return [
    {
      method: "POST",
      path: "/rerank",
      probe: false,
      handle: (context) => handleRerank(reranker, limits, context),
    },
    {
      method: "GET",
      path: "/health",
      probe: true,
      handle: async () => healthAnswerOf(health),
    },
  ];
}

async function handleRerank(
  reranker: Reranker,
  limits: ServerLimits,
  { request, call, signal }: RouteContext,
): Promise<JsonAnswer> {
  const startedMs = performance.now();
  checkJsonContentType(request.headers["content-type"]);
  const { maxBodyBytes, maxRequestTimeoutMs } = limits;
  const timeoutMs = parseDeadlineHeader(request.headers[deadlineHeader], maxRequestTimeoutMs);
  const deadline = linkSignals({
    signals: [signal],
    timeoutMs,
    timeoutReason: () =>
      new RerankError("deadline_exceeded", "the deadline passed before the request was done"),
  });
  try {
    const bytes = await readBody(request, maxBodyBytes, deadline.signal);
    const body = parseRerankBody(decodeJson(bytes));
    call.documents = body.request.documents.length;
    const result = await reranker.rerank(body.request, {
      signal: deadline.signal,
      timeoutMs: timeoutMs && timeoutMs - (performance.now() - startedMs),
    });
    return { status: 200, headers: timingHeaders(result), body: rerankAnswerOf(result, body) };
  } finally {
    deadline.unlink();
  }
}

function healthAnswerOf(health: HealthState): JsonAnswer {
  const { status, model, device, dtype, maxLength, version, reason } = health.report;
  const isOk = status === "ok";
  const body = { status, model, device, dtype, max_length: maxLength, version };
  return isOk ? { status: 200, body } : { status: 503, body: { ...body, reason } };
}
