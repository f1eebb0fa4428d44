import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { HealthState } from "../../src/engine/health-state.ts";
import { createKeyRing, type KeyRing } from "../../src/server/access/api-keys.ts";
import { defaultServerLimits, type ServerLimits } from "../../src/server/limits.ts";
import type { TlsOptions } from "../../src/server/listen/listener.ts";
import type { ServedModel, ServedModels } from "../../src/server/models/served-models.ts";
import { createServer, type RerankServer, type ServerOptions } from "../../src/server/server.ts";
import type { Logger } from "../../src/telemetry/log.ts";
import { createFakeHealth } from "../fakes/fake-health.ts";
import { createFakeModels } from "../fakes/fake-models.ts";
import { createFakeReranker, type FakeReranker, fakeMaxDocuments } from "../fakes/fake-reranker.ts";
import { fakePages } from "../fakes/precompress.ts";
import { createRecordingLogger, type RecordingLogger } from "../fakes/recording-logger.ts";
import { postRerank } from "./http-client.ts";

/** A server that listens on loopback for one test. */
export interface RunningServer {
  readonly server: RerankServer;
  readonly models: ServedModels;
  /** Those of the first model. */
  readonly reranker: FakeReranker;
  readonly health: HealthState;
  readonly log: RecordingLogger;
  readonly port: number;
  readonly url: string;
}

/** What a test may want of its server. */
export interface StartOptions {
  /** Further models beside the first. */
  readonly models?: readonly ServedModel[];
  readonly limits?: Partial<ServerLimits>;
  readonly tls?: TlsOptions;
  readonly apiKeys?: readonly string[] | KeyRing;
  readonly corsOrigins?: readonly string[];
  readonly reflectionAccess?: ServerOptions["reflectionAccess"];
  /** A Unix socket to listen on in place of a port; `port` and `url` then lead nowhere. */
  readonly path?: string;
  /** Keeps the lines, in place of one that a test can look through. */
  readonly logger?: Logger;
  readonly telemetry?: Pick<ServerOptions, "observer" | "metrics">;
  /** What `GET /` answers. */
  readonly page?: string;
}

/**
 * Starts a server over a fake reranker; it is destroyed with the test. Limits that are not given
 * have their defaults.
 */
export async function startServer(
  context: TestContext,
  options: StartOptions = {},
): Promise<RunningServer> {
  const reranker = createFakeReranker();
  const log = createRecordingLogger();
  const health = createFakeHealth();
  const models = createFakeModels({ reranker, health }, options.models);
  const limits = { ...defaultServerLimits, maxDocuments: fakeMaxDocuments, ...options.limits };
  const { tls, corsOrigins, reflectionAccess, page, apiKeys, telemetry, logger = log } = options;
  const server = createServer({
    models,
    log: logger,
    limits,
    tls,
    corsOrigins,
    reflectionAccess,
    pages: page === undefined ? undefined : fakePages(page),
    apiKeys: apiKeys && ("holdsAny" in apiKeys ? apiKeys : createKeyRing(apiKeys)),
    ...telemetry,
  });
  context.after(() => server.destroy());
  const { path } = options;
  if (path !== undefined) await server.listen({ path });
  const { port } =
    path === undefined ? await server.listen({ host: "127.0.0.1", port: 0 }) : { port: 0 };
  const scheme = options.tls ? "https" : "http";
  return { server, models, reranker, health, log, port, url: `${scheme}://127.0.0.1:${port}` };
}

/** Returns a server that does not listen yet, while its model is starting. */
export function createIdleServer(tls?: TlsOptions): RerankServer {
  const health = createFakeHealth({ status: "starting", device: "" });
  const models = createFakeModels({ health });
  const log = createRecordingLogger();
  return createServer({ models, log, limits: defaultServerLimits, tls });
}

/** Asserts that the next good request is answered. */
export async function assertAlive({ url, reranker }: RunningServer): Promise<void> {
  const before = reranker.requests.length;
  const { status } = await postRerank(url, { query: "q", documents: ["a"] });
  assert.equal(status, 200);
  assert.equal(reranker.requests.length, before + 1);
}
