import { RerankError } from "../../errors.ts";
import type { Call, ServerRequest } from "../call/call.ts";
import { objectError } from "../http/error-shapes.ts";
import { matchesMethod, matchesPath } from "../http/find-route.ts";
import type { CallHandler } from "../http/http-handler.ts";
import type { Route } from "../http/route.ts";
import { openRpcPathsOf, type ReflectionAccess } from "../rpc/rpc-router.ts";
import { type KeyRing, presentedKeys } from "./api-keys.ts";
import { createCorsHandler } from "./cors.ts";
import { sendRefusal } from "./refusal.ts";

/** What a gatekeeper knows. */
export interface GatekeeperOptions {
  /** The API keys; undefined: everybody may call everything. */
  readonly apiKeys: KeyRing | undefined;
  /** Origins whose scripts may call; see createCorsHandler(). */
  readonly corsOrigins: readonly string[];
  readonly routes: readonly Route[];
  readonly isRpc: (path: string) => boolean;
  readonly reflectionAccess: ReflectionAccess;
  /** Answers whoever may pass. */
  readonly next: CallHandler;
}

/** The one place that every call of every protocol passes, before any of its body is read. */
export interface Gatekeeper {
  readonly handle: CallHandler;
  /** Whether the caller of a path may go on to send the body. */
  mayPass(request: ServerRequest, path: string): boolean;
}

const keyMissing =
  "an API key is needed: send `authorization: Bearer KEY` or `x-api-key: KEY`, got: none";

const keyWrong = "the API key is not one that this server takes";

/**
 * Returns the gatekeeper. Without a key only probes pass, and reflection where it is open: routes
 * whose `access` is `open`, and the RPCs of `openRpcPathsOf`. Everything else, unknown paths and wrong methods too, is refused alike.
 */
export function createGatekeeper(options: GatekeeperOptions): Gatekeeper {
  const { apiKeys, routes, isRpc, next } = options;
  const openRpcPaths = openRpcPathsOf(options.reflectionAccess);
  const answerCors = createCorsHandler(options.corsOrigins);
  const routesOf = (path: string) => routes.filter((route) => matchesPath(route, path));

  const isOpen = (method: string, path: string): boolean =>
    openRpcPaths.has(path) ||
    routesOf(path).some((route) => route.access === "open" && matchesMethod(route, method));

  const refusalOf = (request: ServerRequest, { method, path }: Pick<Call, "method" | "path">) => {
    if (apiKeys === undefined || isOpen(method, path)) return undefined;
    const keys = presentedKeys(request.headers);
    if (apiKeys.holdsAny(keys)) return undefined;
    return new RerankError("unauthenticated", keys.length === 0 ? keyMissing : keyWrong);
  };

  return {
    mayPass: (request, path) => {
      return refusalOf(request, { method: request.method ?? "", path }) === undefined;
    },
    handle(request, response, call) {
      const [route] = routesOf(call.path);
      const toRpc = isRpc(call.path);
      call.route = toRpc ? call.path : route?.path;
      if (answerCors(request, response)) return;
      const refusal = refusalOf(request, call);
      if (refusal === undefined) return next(request, response, call);
      const errorShape = route?.errorShape ?? objectError;
      sendRefusal({ request, response, call, isRpc: toRpc, errorShape }, refusal);
    },
  };
}
