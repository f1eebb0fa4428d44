import { once } from "node:events";
import { systemClock } from "../clock.ts";
import type { ServeConfig } from "../config/serve-config.ts";
import { usualBatchTokens } from "../engine/batch-policy.ts";
import { createEngineMonitor } from "../engine/engine-monitor.ts";
import { HealthState } from "../engine/health-state.ts";
import { type PreparedModel, prepareModel, startEngine } from "../engine/prepare-model.ts";
import { RerankError } from "../errors.ts";
import { bundledModelId, defaultModelId } from "../models/resolve-model.ts";
import { packageVersion } from "../package-root.ts";
import type { Reranker } from "../reranker/rerank-request.ts";
import { defaultServerLimits } from "../server/limits.ts";
import { checkUnixSocketPath } from "../server/listen/unix-socket.ts";
import { createServer } from "../server/server.ts";
import type { ServingInfo } from "../server/serving-info.ts";
import type { Logger } from "../telemetry/log.ts";
import { createProgressDisplay } from "../terminal/progress.ts";
import type { ProcessContext } from "./process-context.ts";
import { readPage } from "./serve/read-page.ts";
import { openSecurity } from "./serve/security.ts";
import { startSystemdNotifier } from "./serve/systemd-notifier.ts";
import { createTelemetry } from "./serve/telemetry.ts";
import { warnOfExposure } from "./serve/warn-of-exposure.ts";

/** What serving needs of the process around it. */
export interface ServeContext extends ProcessContext {
  readonly log: Logger;
}

/**
 * Finds the model, starts the server, and drains it when `context.stop` aborts. Resolves when
 * everything is closed; `clean` says whether every call was answered. Rejects with StartupError if
 * it cannot start.
 */
export async function serve(
  config: ServeConfig,
  context: ServeContext,
): Promise<{ readonly clean: boolean }> {
  const startedMs = performance.now();
  const { env, stderr, log, stop } = context;
  // Before the model, whose download may take long.
  if (config.unixSocket !== undefined) checkUnixSocketPath(config.unixSocket);
  const security = await openSecurity(config, { log });
  const display = createProgressDisplay(stderr, { env });
  const prepared = await prepareModel(config, {
    env,
    log,
    onProgress: display.update,
    signal: stop,
  }).finally(display.done);
  const { model, maxLength } = prepared;
  const health = new HealthState({
    status: "starting",
    model: model.name,
    device: "",
    dtype: model.dtype,
    maxLength,
    activation: prepared.activations.usual,
    version: packageVersion(),
    reason: "the model is loading",
  });
  const systemd = startSystemdNotifier({ env: context.env, health, clock: systemClock, log });
  const door = createDoor();
  const telemetry = createTelemetry({ config, health, log });
  const server = createServer({
    reranker: door.reranker,
    health,
    log,
    limits: serverLimits(config),
    serving: servingInfo(config, prepared),
    observer: telemetry.observer,
    metrics: telemetry.metrics,
    metricsAccess: config.metricsAccess,
    page: config.ui ? readPage() : undefined,
    ...security.options,
  });
  const { host, port, unixSocket } = config;
  const address = await server.listen(
    unixSocket === undefined ? { host, port } : { path: unixSocket },
  );
  warnOfExposure({ ...config, nghttp2Version: context.nghttp2Version }, log);
  const endFollowing = security.follow(server);

  const monitor = createEngineMonitor({ log, health });
  const starting = startEngine(config, prepared, {
    onBatch: telemetry.onBatch,
    observer: monitor,
    refuseDuringOutage: true,
  });
  const [engine] = await Promise.all([starting, telemetry.load()]).catch(async (error: unknown) => {
    endFollowing();
    server.destroy();
    await telemetry.close();
    await starting.then(
      (started) => started.close(),
      () => undefined,
    );
    throw error;
  });
  door.open(telemetry.follow(engine, engine.reranker));
  tellOfNames(config, model.name, log);
  // A worker may have ended since it was loaded, and then there is nothing to be ready with.
  health.onceServing(() =>
    log.info(
      {
        ...address,
        model: model.name,
        device: engine.info.device,
        dtype: model.dtype,
        max_length: maxLength,
        threads: engine.info.threads,
        ready_ms: Math.round(performance.now() - startedMs),
      },
      "ready",
    ),
  );
  monitor.opened();

  if (!stop.aborted) await once(stop, "abort");
  log.info({ drain_timeout_ms: config.drainTimeoutMs }, "draining; a second signal ends it now");
  const { clean } = await server.drain(config.drainTimeoutMs);
  endFollowing();
  await telemetry.close();
  await engine.close();
  await systemd.close();
  log.info({ clean }, "stopped");
  return { clean };
}

/**
 * Says how clients that ask for the guide's model by name are answered, where it is not that one
 * that serves, and no other of its kind was chosen.
 */
function tellOfNames({ modelId, servedModelNames }: ServeConfig, name: string, log: Logger): void {
  if (modelId !== undefined && modelId !== bundledModelId) return;
  if ([name, ...servedModelNames].includes(defaultModelId)) return;
  log.info(
    { served: [name, ...servedModelNames] },
    `clients that ask for ${defaultModelId} by name get an error; to answer them with this model, start with --served-model-name ${defaultModelId}`,
  );
}

/** A reranker that turns callers away until the model is there. */
function createDoor(): { readonly reranker: Reranker; open(reranker: Reranker): void } {
  let behind: Reranker | undefined;
  const open = (): Reranker => {
    if (behind) return behind;
    throw new RerankError("unavailable", "the model is loading, try again", { retryAfterMs: 1000 });
  };
  return {
    reranker: {
      rerank: async (request, call) => await open().rerank(request, call),
      rerankTogether: async (requests, call) => await open().rerankTogether(requests, call),
    },
    open(reranker) {
      behind = reranker;
    },
  };
}

function servingInfo(
  { servedModelNames, maxDocuments, maxBatchTokens }: ServeConfig,
  { model: { name, revision }, weightsDevice }: PreparedModel,
): ServingInfo {
  return {
    servedModels: [name, ...servedModelNames],
    revision,
    maxDocuments,
    maxBatchTokens: maxBatchTokens ?? usualBatchTokens(weightsDevice),
  };
}

function serverLimits(config: ServeConfig) {
  const { maxBodyBytes, maxConnections, maxConcurrentStreams, maxStreamInFlight } = config;
  const { headersTimeoutMs, requestTimeoutMs, idleTimeoutMs } = config;
  return {
    ...defaultServerLimits,
    maxBodyBytes,
    maxConnections,
    maxConcurrentStreams,
    maxStreamInFlight,
    headersTimeoutMs,
    undecidedTimeoutMs: headersTimeoutMs,
    requestTimeoutMs,
    idleTimeoutMs,
  };
}
