import { createHealthHandler } from "./dialects/health.ts";
import { createInfoHandler } from "./dialects/info.ts";
import { metricsRoute } from "./dialects/metrics.ts";
import { createModelHandlers } from "./dialects/models.ts";
import { answerNim } from "./dialects/nim.ts";
import { pageRoute } from "./dialects/page.ts";
import { createRerankDialect } from "./dialects/rerank.ts";
import { answerScore } from "./dialects/score.ts";
import { objectError, teiError } from "./error-shapes.ts";
import { type Dialect, jsonRoute } from "./json-route.ts";
import type { Route, RouteOptions } from "./route.ts";

/**
 * Returns the plain JSON routes: the paths of every rerank API whose clients can be pointed here.
 *
 * On `/v1/rerank` documents come back unless they are declined: Jina's clients, and those of LocalAI
 * and vLLM, read `document.text` without having asked for it. Elsewhere they come where asked for.
 */
export function createRoutes(options: RouteOptions): readonly Route[] {
  const rerank = createRerankDialect({ returnDocuments: false });
  const rerankWithDocuments = createRerankDialect({ returnDocuments: true });
  const models = createModelHandlers(options);
  const post = (path: string, dialect: Dialect): Route => ({
    method: "POST",
    path,
    probe: false,
    errorShape: objectError,
    handle: jsonRoute(options, dialect),
  });
  const get = { method: "GET", probe: false, errorShape: objectError } as const;
  return [
    post("/rerank", rerank),
    post("/v1/rerank", rerankWithDocuments),
    post("/v2/rerank", rerank),
    post("/reranking", rerank),
    post("/v1/reranking", rerank),
    post("/v1/ranking", answerNim),
    post("/score", answerScore),
    post("/v1/score", answerScore),
    { ...get, path: "/v1/models", handle: models.list },
    { ...get, path: "/v1/models/{id}", handle: models.get },
    { ...get, path: "/info", errorShape: teiError, handle: createInfoHandler(options) },
    {
      ...get,
      path: "/health",
      probe: true,
      access: "open",
      handle: createHealthHandler(options.health),
    },
    ...(options.metrics ? [metricsRoute(options.metrics, options.metricsAccess)] : []),
    ...(options.page === undefined ? [] : [pageRoute(options.page)]),
  ];
}
