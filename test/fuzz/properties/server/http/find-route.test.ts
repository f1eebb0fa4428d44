import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { objectError } from "../../../../../src/server/http/error-shapes.ts";
import { findMethod, findPath } from "../../../../../src/server/http/find-route.ts";
import { HttpError } from "../../../../../src/server/http/http-error.ts";
import { healthDoc } from "../../../../../src/server/http/openapi/operation.ts";
import type { Route } from "../../../../../src/server/http/route.ts";
import { allowing, checkProperty, damaged } from "../../check-property.ts";

const routes: readonly Route[] = (["/rerank", "/v1/models/{id}"] as const).map((path) => ({
  method: path === "/rerank" ? "POST" : "GET",
  path,
  probe: false,
  errorShape: objectError,
  doc: healthDoc,
  handle: async () => ({ status: 200, body: {} }),
}));

suite("properties of findPath()", () => {
  test("any path and method leads to a route or an error of HTTP", async () => {
    const paths = fc.oneof(
      fc.string(),
      damaged(fc.constantFrom("/rerank", "/v1/models/a%2Fb", "/v1/models/%ff")),
    );
    const methods = fc.oneof(fc.string(), fc.constantFrom("GET", "HEAD", "POST"));
    await checkProperty(
      fc.property(paths, methods, (path, method) => {
        const found = allowing([HttpError], () => findPath(routes, path));
        if (found === undefined) return;
        const route = allowing([HttpError], () => findMethod(found, method));
        if (route !== undefined) assert(found.routes.includes(route));
      }),
    );
  });
});
