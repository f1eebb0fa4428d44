import { nearestPath } from "../call/nearest-path.ts";
import { HttpError } from "./http-error.ts";
import type { Route } from "./route.ts";

/** The end of a path that stands for any id. */
const idPart = "{id}";

/** The routes of one path. */
export interface FoundPath {
  /** Never empty. */
  readonly routes: readonly [Route, ...Route[]];
  /** What stands for `{id}`, decoded; "" without it. */
  readonly pathId: string;
}

/**
 * Finds the routes of a path. Throws an HttpError with status 404 if there is none, which says the
 * path that was meant, or else lists all.
 */
export function findPath(routes: readonly Route[], path: string): FoundPath {
  const [first, ...rest] = routes.filter((route) => matchesPath(route, path));
  if (first !== undefined) return { routes: [first, ...rest], pathId: pathIdOf(first, path) };
  const meant = nearestPath(
    path,
    routes.map((route) => route.path),
  );
  const known = routes.map((route) => `${route.method} ${route.path}`).join(", ");
  const hint =
    meant === undefined
      ? `plain JSON routes: ${known}`
      : `did you mean \`${meant}\`? A client that adds it by itself needs a base URL without it`;
  throw new HttpError(404, "not_found", `there is no such path; ${hint}`);
}

/** Finds the route of a method. Throws an HttpError with status 405 and `Allow` if there is none. */
export function findMethod({ routes }: FoundPath, method: string): Route {
  const route = routes.find((candidate) => matchesMethod(candidate, method));
  if (route !== undefined) return route;
  const allow = routes
    .flatMap((candidate) => (candidate.method === "GET" ? ["GET", "HEAD"] : [candidate.method]))
    .join(", ");
  throw new HttpError(405, "invalid_argument", `the method must be one of: ${allow}`, {
    headers: { allow },
  });
}

/** Whether a path is that of the route. */
export function matchesPath(route: Route, path: string): boolean {
  if (!route.path.endsWith(idPart)) return route.path === path;
  const stem = route.path.slice(0, -idPart.length);
  return path.startsWith(stem) && path.length > stem.length;
}

/** Whether the route answers a method; those that answer GET answer HEAD. */
export function matchesMethod(route: Route, method: string): boolean {
  return route.method === (method === "HEAD" ? "GET" : method);
}

function pathIdOf(route: Route, path: string): string {
  if (!route.path.endsWith(idPart)) return "";
  try {
    return decodeURIComponent(path.slice(route.path.length - idPart.length));
  } catch {
    throw new HttpError(400, "invalid_argument", "the path must be percent-encoded UTF-8");
  }
}
