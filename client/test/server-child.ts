/**
 * A server with a fake reranker in a process of its own, for tests that kill or freeze it. Listens
 * on the port of its argument, 0 for any; tells its parent the port, and later that a call is held
 * back.
 */
import { defaultServerLimits } from "../../src/server/limits.ts";
import { createServer } from "../../src/server/server.ts";
import { createFakeModels } from "../../test/fakes/fake-models.ts";
import { createFakeReranker } from "../../test/fakes/fake-reranker.ts";
import { createRecordingLogger } from "../../test/fakes/recording-logger.ts";

const reranker = createFakeReranker();
const models = createFakeModels({ reranker });
const log = createRecordingLogger();
const server = createServer({ models, log, limits: defaultServerLimits });
const { port } = await server.listen({ host: "127.0.0.1", port: Number(process.argv[2]) });
process.send?.({ port });
await reranker.until(() => reranker.held.length > 0);
process.send?.({ held: true });
