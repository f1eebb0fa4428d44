import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { suite, test } from "node:test";
import fc from "fast-check";
import { objectError } from "../../../../../src/server/http/error-shapes.ts";
import { createHttpTargets } from "../../../../../src/server/http/http-target.ts";
import type { Route } from "../../../../../src/server/http/route.ts";
import { createRecordingLogger } from "../../../../fakes/recording-logger.ts";
import { checkProperty, damaged } from "../../check-property.ts";

const routes: readonly Route[] = (["/rerank", "/v1/models/{id}"] as const).map((path) => ({
  method: path === "/rerank" ? "POST" : "GET",
  path,
  probe: false,
  errorShape: objectError,
  handle: async () => ({ status: 200, body: {} }),
}));

suite("properties of createHttpTargets()", () => {
  test("any path, method and content type has a target, closed to callers without a key", async () => {
    const targets = createHttpTargets({ routes, log: createRecordingLogger() });
    const paths = fc.oneof(
      fc.string(),
      damaged(fc.constantFrom("/rerank", "/v1/models/a%2Fb", "/v1/models/%ff")),
    );
    const methods = fc.oneof(fc.string(), fc.constantFrom("GET", "HEAD", "POST"));
    const types = fc.oneof(fc.string(), fc.constantFrom("application/json", "application/grpc"));
    const known = new Set([undefined, ...routes.map(({ path }) => path)]);
    await checkProperty(
      fc.property(paths, methods, types, (url, method, type) => {
        const request = { url, method, headers: { "content-type": type } } as IncomingMessage;
        const found = targets.find(request);
        const any = targets.findAny(request);
        if (found !== undefined) assert.equal(found.route, any.route);
        assert(known.has(any.route));
        assert.equal(any.access, "key");
      }),
    );
  });
});
