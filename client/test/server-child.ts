/**
 * A server with a fake reranker in a process of its own, for tests that kill or freeze it. Listens
 * on the port of its argument, 0 for any; tells its parent the port, and later that a call is held
 * back.
 */
import { defaultServerLimits } from "../../src/server/limits.ts";
import { createServer } from "../../src/server/server.ts";
import { createFakeHealth } from "../../test/fakes/fake-health.ts";
import { createFakeReranker } from "../../test/fakes/fake-reranker.ts";
import { createRecordingLogger } from "../../test/fakes/recording-logger.ts";
import { serving } from "../../test/server/start-server.ts";

const reranker = createFakeReranker();
const health = createFakeHealth();
const log = createRecordingLogger();
const server = createServer({ reranker, health, log, limits: defaultServerLimits, serving });
const { port } = await server.listen({ host: "127.0.0.1", port: Number(process.argv[2]) });
process.send?.({ port });
await reranker.until(() => reranker.held.length > 0);
process.send?.({ held: true });
