import { createRoutes } from "../../../src/server/http/routes.ts";
import { defaultServerLimits } from "../../../src/server/limits.ts";
import { createRpcs } from "../../../src/server/rpc/rpc-router.ts";
import { createFakeModels } from "../../fakes/fake-models.ts";
import { fakePages } from "../../fakes/precompress.ts";
import { createRecordingLogger } from "../../fakes/recording-logger.ts";

const never = new AbortController().signal;

const options = {
  models: createFakeModels(),
  limits: defaultServerLimits,
  reflectionAccess: "open" as const,
  log: createRecordingLogger(),
  pages: fakePages("<p>a page</p>"),
  metrics: async () => ({ text: "", contentType: "text/plain" }),
  drainSignal: never,
  shutdownSignal: never,
};

/** The plain routes, from the table that the server uses. */
export const routes = createRoutes(options);

/** The RPCs, from the router that the server uses. */
export const rpcs = [...createRpcs(options).values()].map(
  ({ handler: { requestPath, method } }) => ({
    path: requestPath,
    isStream: method.methodKind !== "unary",
  }),
);

/** Replaces `{id}` by an id. */
export function examplePath(path: string): string {
  return path.replace("{id}", "fake-model");
}
