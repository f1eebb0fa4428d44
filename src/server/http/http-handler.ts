import { errorFromAbort, RerankError } from "../../errors.ts";
import { linkSignals } from "../../linked-signal.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { Call, ServerRequest, ServerResponseLike } from "../call/call.ts";
import { refusedOf } from "../call/refused.ts";
import { objectError } from "./error-shapes.ts";
import { findMethod, findPath } from "./find-route.ts";
import { errorAnswerOf } from "./http-error.ts";
import type { Route, RouteContext } from "./route.ts";
import { type Answer, sendAnswer, sendError } from "./send-json.ts";

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
 * wrong method. Errors have the shape that the route's clients read.
 */
export function createHttpHandler(options: HttpHandlerOptions): CallHandler {
  const { routes, log, shutdownSignal } = options;

  return (request, response, call) => {
    const gone = new AbortController();
    response.once("close", () => {
      gone.abort(new RerankError("cancelled", "the caller went away"));
    });
    const link = linkSignals({ signals: [gone.signal, shutdownSignal], toReason: errorFromAbort });
    const context = { request, call, signal: link.signal, pathId: "", errorShape: objectError };
    answer(routes, context)
      .then((reply) => sendAnswer(response, reply))
      .catch((error: unknown) => {
        const reply = errorAnswerOf(error);
        call.code = reply.code;
        call.refused = refusedOf(error);
        if (reply.code === "internal") {
          log.error({ err: error, request_id: call.id }, "a request failed inside the server");
        }
        sendError(response, reply, context.errorShape);
      })
      .finally(() => link.unlink());
  };
}

async function answer(
  routes: readonly Route[],
  context: { -readonly [Key in keyof RouteContext]: RouteContext[Key] },
): Promise<Answer> {
  const { call } = context;
  const found = findPath(routes, call.path);
  context.errorShape = found.routes[0].errorShape;
  call.route = found.routes[0].path;
  context.pathId = found.pathId;
  const route = findMethod(found, call.method);
  context.errorShape = route.errorShape;
  call.probe = route.probe;
  return await route.handle(context);
}
