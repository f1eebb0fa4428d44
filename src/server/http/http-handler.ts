import { errorFromAbort, RerankError } from "../../errors.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { Call, ServerRequest, ServerResponseLike } from "../call.ts";
import { linkSignals } from "../linked-signal.ts";
import { errorAnswerOf, HttpError } from "./http-error.ts";
import type { Route } from "./routes.ts";
import { sendError, sendJson } from "./send-json.ts";

/** Answers one call. Never throws. */
export type CallHandler = (
  request: ServerRequest,
  response: ServerResponseLike,
  call: Call,
) => void;

/** What the handler needs. */
export interface HttpHandlerOptions {
  readonly routes: readonly Route[];
  readonly log: Logger;
  /** Aborts when the server gives up on the calls that are left. */
  readonly shutdownSignal: AbortSignal;
}

/**
 * Returns the handler of the plain JSON routes: 404 for an unknown path, 405 with `Allow` for a
 * wrong method.
 */
export function createHttpHandler(options: HttpHandlerOptions): CallHandler {
  const { routes, log, shutdownSignal } = options;

  return (request, response, call) => {
    const gone = new AbortController();
    response.once("close", () => {
      gone.abort(new RerankError("cancelled", "the caller went away"));
    });
    const link = linkSignals({ signals: [gone.signal, shutdownSignal], toReason: errorFromAbort });
    answer(request, call, link.signal)
      .then((reply) => sendJson(response, reply))
      .catch((error: unknown) => {
        const reply = errorAnswerOf(error);
        call.code = reply.code;
        if (reply.code === "internal") {
          log.error({ err: error, request_id: call.id }, "a request failed inside the server");
        }
        sendError(response, reply);
      })
      .finally(() => link.unlink());
  };

  async function answer(request: ServerRequest, call: Call, signal: AbortSignal) {
    const route = findRoute(routes, call.method, call.path);
    call.probe = route.probe;
    return await route.handle({ request, call, signal });
  }
}

function findRoute(routes: readonly Route[], method: string, path: string): Route {
  const atPath = routes.filter((route) => route.path === path);
  if (atPath.length === 0) {
    const known = routes.map((route) => `${route.method} ${route.path}`).join(", ");
    throw new HttpError(404, "not_found", `there is no such path; plain JSON routes: ${known}`);
  }
  const wanted = method === "HEAD" ? "GET" : method;
  const route = atPath.find((candidate) => candidate.method === wanted);
  if (route) return route;
  const allow = atPath
    .flatMap((candidate) => (candidate.method === "GET" ? ["GET", "HEAD"] : [candidate.method]))
    .join(", ");
  throw new HttpError(405, "invalid_argument", `the method must be one of: ${allow}`, {
    headers: { allow },
  });
}
