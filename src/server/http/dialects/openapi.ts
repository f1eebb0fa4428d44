import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { HealthState } from "../../../engine/health-state.ts";
import { objectError } from "../error-shapes.ts";
import { createOpenApiDocument, type DescribedRoute } from "../openapi/document.ts";
import { openApiDoc } from "../openapi/operation.ts";
import type { Route } from "../route.ts";
import { staticAnswer } from "./static-answer.ts";

/** Quality of Brotli: the best of those that take a few milliseconds for this text. */
const brotliQuality = 5;

/**
 * Returns the route `GET /openapi.json`, which describes the given routes and itself. The text is made
 * when somebody first asks for it.
 */
export function openApiRoute(
  others: readonly DescribedRoute[],
  health: HealthState,
  access: "open" | "key",
): Route {
  const described = { method: "GET", path: "/openapi.json", access, doc: openApiDoc } as const;
  let answer: Route["handle"] | undefined;
  return {
    ...described,
    probe: false,
    errorShape: objectError,
    async handle(context) {
      answer ??= answerOf([...others, described], health.report.version);
      return await answer(context);
    },
  };
}

function answerOf(routes: readonly DescribedRoute[], version: string): Route["handle"] {
  const text = `${JSON.stringify(createOpenApiDocument(routes, version))}\n`;
  const br = brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality },
  });
  return staticAnswer(
    { text, br, gzip: gzipSync(text) },
    { contentType: "application/json", headers: {} },
  );
}
