import type { Logger } from "../../telemetry/log.ts";
import type { Target } from "../call/answer-call.ts";
import { type Exchange, pathOf, type ServerRequest } from "../call/call.ts";
import { nearestPath } from "../call/nearest-path.ts";
import { refusedOf } from "../call/refused.ts";
import { type ErrorShape, objectError } from "./error-shapes.ts";
import { errorAnswerOf, HttpError } from "./http-error.ts";
import type { Route, RouteContext } from "./route.ts";
import { sendAnswer, sendError } from "./send-json.ts";

/** The dependencies of the targets of the plain JSON routes. */
export interface HttpTargetOptions {
  readonly routes: readonly Route[];
  readonly log: Logger;
}

/** Finds the targets of plain JSON. */
export interface HttpTargets {
  /**
   * Returns the target of a path in the table of routes; undefined for any other path, and where the
   * content type is that of an RPC.
   */
  find(request: ServerRequest): Target | undefined;
  /** Returns a target for any request: that of a path which is not served answers with 404. */
  findAny(request: ServerRequest): Target;
}

/** How the content types begin that only RPCs have. */
const rpcTypePattern = /^\s*application\/(?:grpc|connect\+)/i;

/** The end of a path that stands for any id. */
const idPart = "{id}";

/**
 * Returns the targets of the plain JSON routes. A wrong method is answered with 405 and `Allow`.
 * Errors have the shape that the route's clients read.
 */
export function createHttpTargets({ routes, log }: HttpTargetOptions): HttpTargets {
  const exact = new Map<string, Route[]>();
  for (const route of routes) exact.set(route.path, [...(exact.get(route.path) ?? []), route]);
  const withId = [...exact.keys()].filter((path) => path.endsWith(idPart));

  function routesOf(path: string): readonly Route[] {
    const known = exact.get(path);
    if (known !== undefined && !path.endsWith(idPart)) return known;
    return exact.get(withId.find((pattern) => matchesId(pattern, path)) ?? "") ?? [];
  }

  function targetOf(found: readonly Route[], method: string): Target {
    const route = found.find((candidate) => matchesMethod(candidate, method));
    const errorShape = (route ?? found[0])?.errorShape ?? objectError;
    return {
      protocol: "http",
      route: found[0]?.path,
      access: route?.access ?? "key",
      probe: route?.probe ?? false,
      isRequestStream: false,
      answer(exchange) {
        const context = { ...exchange, pathId: "", errorShape };
        answerWith(found, route, context)
          .then((reply) => sendAnswer(exchange.response, reply))
          .catch((error: unknown) => {
            answerError(exchange, error, context.errorShape);
          });
      },
      refuse: (exchange, error) => answerError(exchange, error, errorShape),
    };
  }

  function answerError({ response, call }: Exchange, error: unknown, shape: ErrorShape): void {
    const reply = errorAnswerOf(error);
    call.code = reply.code;
    call.refused = refusedOf(error);
    if (reply.code === "internal") {
      log.error({ err: error, request_id: call.id }, "a request failed inside the server");
    }
    sendError(response, reply, shape);
  }

  async function answerWith(
    found: readonly Route[],
    route: Route | undefined,
    context: { -readonly [Key in keyof RouteContext]: RouteContext[Key] },
  ) {
    const { path } = context.call;
    const [first] = found;
    if (first === undefined) throw unknownPath(routes, path);
    context.pathId = pathIdOf(first, path);
    if (route === undefined) throw wrongMethod(found);
    return await route.handle(context);
  }

  return {
    find(request) {
      const found = routesOf(pathOf(request));
      const isRpc = rpcTypePattern.test(request.headers["content-type"] ?? "");
      return isRpc || found.length === 0 ? undefined : targetOf(found, request.method ?? "");
    },
    findAny: (request) => targetOf(routesOf(pathOf(request)), request.method ?? ""),
  };
}

/** The error of a path that is not served: it names the path that was meant, or else all. */
function unknownPath(routes: readonly Route[], path: string): HttpError {
  const meant = nearestPath(
    path,
    routes.map((route) => route.path),
  );
  const known = routes.map((route) => `${route.method} ${route.path}`).join(", ");
  const hint =
    meant === undefined
      ? `plain JSON routes: ${known}`
      : `did you mean \`${meant}\`? A client that adds it by itself needs a base URL without it`;
  return new HttpError(404, "not_found", `there is no such path; ${hint}`);
}

function wrongMethod(found: readonly Route[]): HttpError {
  const allow = found
    .flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]))
    .join(", ");
  return new HttpError(405, "invalid_argument", `the method must be one of: ${allow}`, {
    headers: { allow },
  });
}

function matchesId(pattern: string, path: string): boolean {
  const stem = pattern.slice(0, -idPart.length);
  return path.startsWith(stem) && path.length > stem.length;
}

/** Whether the route answers a method; those that answer GET answer HEAD. */
function matchesMethod(route: Route, method: string): boolean {
  return route.method === (method === "HEAD" ? "GET" : method);
}

/** Returns the part of the path in place of `{id}`, decoded; "" for a path without it. */
function pathIdOf(route: Route, path: string): string {
  if (!route.path.endsWith(idPart)) return "";
  try {
    return decodeURIComponent(path.slice(route.path.length - idPart.length));
  } catch {
    throw new HttpError(400, "invalid_argument", "the path must be percent-encoded UTF-8");
  }
}
