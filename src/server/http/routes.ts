import { answerLive, createHealthHandler, createReadyHandler } from "./dialects/health.ts";
import { createInfoHandler } from "./dialects/info.ts";
import { metricsRoute } from "./dialects/metrics.ts";
import { createModelHandlers } from "./dialects/models.ts";
import { answerNim } from "./dialects/nim.ts";
import { openApiRoute } from "./dialects/openapi.ts";
import { pageRoutes } from "./dialects/page.ts";
import { createRerankDialect } from "./dialects/rerank.ts";
import { answerScore } from "./dialects/score.ts";
import { objectError, teiError } from "./error-shapes.ts";
import { type Dialect, jsonRoute } from "./json-route.ts";
import { healthDoc, liveDoc, readyDoc } from "./openapi/operation.ts";
import { rerankPaths } from "./openapi/rerank.ts";
import type { RouteDoc } from "./openapi/route-doc.ts";
import { nimDoc, scorePaths } from "./openapi/score.ts";
import { infoDoc, modelDoc, modelsDoc } from "./openapi/served.ts";
import type { Route, RouteOptions } from "./route.ts";
import type { JsonAnswer } from "./send-json.ts";

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
  const { descriptionAccess = "open" } = options;
  const post = (path: string, dialect: Dialect, doc: RouteDoc): Route => ({
    method: "POST",
    path,
    probe: false,
    errorShape: objectError,
    doc,
    handle: jsonRoute(options, dialect),
  });
  const get = { method: "GET", probe: false, errorShape: objectError } as const;
  const probe = (path: string, doc: RouteDoc, handle: () => Promise<JsonAnswer>): Route => ({
    ...get,
    path,
    probe: true,
    access: "open",
    doc,
    handle,
  });
  const routes: readonly Route[] = [
    post("/rerank", rerank, rerankPaths.rerank),
    post("/v1/rerank", rerankWithDocuments, rerankPaths.v1),
    post("/v2/rerank", rerank, rerankPaths.v2),
    post("/reranking", rerank, rerankPaths.reranking),
    post("/v1/reranking", rerank, rerankPaths.rerankingV1),
    post("/v1/ranking", answerNim, nimDoc),
    post("/score", answerScore, scorePaths.score),
    post("/v1/score", answerScore, scorePaths.v1),
    { ...get, path: "/v1/models", doc: modelsDoc, handle: models.list },
    { ...get, path: "/v1/models/{id}", doc: modelDoc, handle: models.get },
    {
      ...get,
      path: "/info",
      errorShape: teiError,
      doc: infoDoc,
      handle: createInfoHandler(options),
    },
    probe("/health", healthDoc, createHealthHandler(options.models)),
    probe("/v2/health/ready", readyDoc, createReadyHandler(options.models)),
    probe("/v2/health/live", liveDoc, answerLive),
    ...(options.metrics ? [metricsRoute(options.metrics, options.metricsAccess)] : []),
    ...(options.pages === undefined ? [] : pageRoutes(options.pages)),
  ];
  if (descriptionAccess === "off") return routes;
  return [...routes, openApiRoute(routes, options.models.health, descriptionAccess)];
}
