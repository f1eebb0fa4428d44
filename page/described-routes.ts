import { HealthState } from "../src/engine/health-state.ts";
import { RerankError } from "../src/errors.ts";
import type { DescribedRoute } from "../src/server/http/openapi/document.ts";
import { createRoutes } from "../src/server/http/routes.ts";
import { defaultServerLimits } from "../src/server/limits.ts";
import { createServedModels } from "../src/server/models/served-models.ts";

/**
 * Returns the routes that a server has which offers everything, to be described: nothing answers them.
 * For what is made of the description ahead of time.
 */
export function describedRoutes(): readonly DescribedRoute[] {
  const nobody = async (): Promise<never> => {
    throw new RerankError("unavailable", "these routes are only described");
  };
  const reranker = { rerank: nobody, rerankTogether: nobody };
  const health = new HealthState({
    ...{ status: "starting", model: "", device: "", workers: 0, threads: 0, dtype: "" },
    ...{ maxLength: 1, activation: "sigmoid", version: "", reason: "" },
  });
  const nothing = { text: "", br: new Uint8Array(), gzip: new Uint8Array() };
  return createRoutes({
    models: createServedModels([{ names: [""], health, reranker, maxBatchTokens: 1 }]),
    limits: defaultServerLimits,
    metrics: async () => ({ text: "", contentType: "text/plain" }),
    pages: { main: nothing, docs: nothing, grpcDocs: nothing },
  });
}
