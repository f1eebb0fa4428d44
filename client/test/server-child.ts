/**
 * A server with a fake reranker in a process of its own, for tests that kill or freeze it. Listens
 * on the port of its argument, 0 for any; tells its parent the port, and later that a call is held
 * back.
 */
import { HealthState } from "../../src/engine/health-state.ts";
import { defaultServerLimits } from "../../src/server/limits.ts";
import { createServer } from "../../src/server/server.ts";
import { createFakeReranker, fakeModel } from "../../test/fakes/fake-reranker.ts";
import { createRecordingLogger } from "../../test/fakes/recording-logger.ts";
import { serving } from "../../test/server/start-server.ts";

const reranker = createFakeReranker();
const health = new HealthState({
  status: "ok",
  model: fakeModel,
  device: "cpu",
  dtype: "int8",
  maxLength: 512,
  activation: "sigmoid",
  version: "0.0.0",
  reason: "",
});
const log = createRecordingLogger();
const server = createServer({ reranker, health, log, limits: defaultServerLimits, serving });
const { port } = await server.listen({ host: "127.0.0.1", port: Number(process.argv[2]) });
process.send?.({ port });
await reranker.until(() => reranker.held.length > 0);
process.send?.({ held: true });
