import { cors } from "@connectrpc/connect";
import type { ServerRequest, ServerResponseLike } from "../call/call.ts";
import { timingHeaderNames } from "../call/timing-headers.ts";
import { deadlineHeader } from "../http/json-route.ts";

/** The value of `--cors-origin` that allows every origin. */
const anyOrigin = "*";

/** How long a browser may remember the answer to a preflight: Chrome's longest, two hours. */
const maxAgeSeconds = 7_200;

const noContent = 204;

/** Request headers that a script of another origin may set without asking for them. */
const allowedHeaders = [
  ...cors.allowedHeaders,
  "Authorization",
  "X-Api-Key",
  "X-Request-Id",
  deadlineHeader,
  "Traceparent",
  "Tracestate",
];

/** The names that a browser asks for: tokens (RFC 9110, section 5.6.2), with commas between. */
const askedPattern = /^[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*$/;

/** Answer headers that such a script may read. */
const exposedHeaders = [
  ...cors.exposedHeaders,
  "X-Request-Id",
  "Retry-After",
  "WWW-Authenticate",
  ...timingHeaderNames,
].join(", ");

/**
 * Sets the headers that let scripts of some origins read answers. Returns true if the request was a
 * preflight, which is then answered: it carries no API key and no call. A preflight of an allowed
 * origin is granted all headers that it asks for: SDKs send headers of their own, and a route
 * ignores those that it does not read.
 */
export type CorsHandler = (request: ServerRequest, response: ServerResponseLike) => boolean;

/**
 * Returns the handler for these origins, each `scheme://host[:port]`, or `*` for all; undefined
 * without origins.
 */
export function createCorsHandler(origins: readonly string[]): CorsHandler | undefined {
  if (origins.length === 0) return undefined;
  const isOpen = origins.includes(anyOrigin);
  const known = new Set(origins);

  return (request, response) => {
    const { origin } = request.headers;
    if (!isOpen) response.setHeader("vary", "Origin");
    const isAllowed = origin !== undefined && (isOpen || known.has(origin));
    if (isAllowed) {
      response.setHeader("access-control-allow-origin", isOpen ? anyOrigin : origin);
      response.setHeader("access-control-expose-headers", exposedHeaders);
    }
    const isPreflight =
      request.method === "OPTIONS" &&
      origin !== undefined &&
      request.headers["access-control-request-method"] !== undefined;
    if (!isPreflight) return false;
    if (isAllowed) {
      response.setHeader("access-control-allow-methods", cors.allowedMethods.join(", "));
      response.setHeader("access-control-allow-headers", allowedHeadersFor(request));
      const asked = "Access-Control-Request-Headers";
      response.setHeader("vary", isOpen ? asked : `Origin, ${asked}`);
      response.setHeader("access-control-max-age", String(maxAgeSeconds));
    }
    response.statusCode = noContent;
    response.end();
    return true;
  };
}

function allowedHeadersFor({ headers }: ServerRequest): string {
  const asked = headers["access-control-request-headers"];
  if (typeof asked !== "string" || !askedPattern.test(asked)) return allowedHeaders.join(", ");
  const known = new Set(allowedHeaders.map((name) => name.toLowerCase()));
  const others = asked.split(",").map((name) => name.trim());
  return [...allowedHeaders, ...others.filter((name) => !known.has(name.toLowerCase()))].join(", ");
}
