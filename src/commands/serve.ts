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
import { formatReady } from "../terminal/format-ready.ts";
import { hasColors } from "../terminal/has-colors.ts";
import { createProgressDisplay } from "../terminal/progress.ts";
import type { ProcessContext } from "./process-context.ts";
import { readPages } from "./serve/read-pages.ts";
import { openSecurity } from "./serve/security-files.ts";
import { startSystemdNotifier } from "./serve/systemd-notifier.ts";
import { createTelemetry } from "./serve/telemetry.ts";
import { warnOfExposure } from "./serve/warn-of-exposure.ts";

/** The parts of the process that serving uses. */
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
    workers: 0,
    threads: 0,
    dtype: model.dtype,
    maxLength,
    activation: prepared.activations.usual,
    version: packageVersion(),
    reason: "the model is loading",
  });
  const systemd = startSystemdNotifier({ env: context.env, health, clock: systemClock, log });
  const deferred = createDeferredReranker();
  const telemetry = createTelemetry({ config, health, log });
  const server = createServer({
    reranker: deferred.reranker,
    health,
    log,
    limits: serverLimits(config),
    serving: servingInfo(config, prepared),
    observer: telemetry.observer,
    metrics: telemetry.metrics,
    metricsAccess: config.metricsAccess,
    pages: config.ui ? readPages() : undefined,
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
  deferred.use(telemetry.follow(engine, engine.reranker));
  logServedNames(config, model.name, log);
  // A worker may have ended since it was loaded, and then there is nothing to be ready with.
  health.onceServing(() => {
    const { device, threads } = engine.info;
    const { workers } = engine.plan;
    const { name, dtype, directory } = model;
    const readyMs = Math.round(performance.now() - startedMs);
    log.info(
      {
        ...address,
        model: name,
        device,
        dtype,
        max_length: maxLength,
        workers,
        threads,
        ready_ms: readyMs,
      },
      "ready",
    );
    if (!isWatched(config, stderr)) return;
    const { source } = prepared;
    const machine = { device, workers, threads };
    const facts = { model: name, source, directory, dtype, ...machine, maxLength, readyMs };
    const server = { version: packageVersion(), address, ...callersNeed(config), ...facts };
    stderr.write(formatReady(server, hasColors(stderr, env)));
  });
  monitor.opened();

  if (!stop.aborted) await once(stop, "abort");
  // The second signal is handled in main.ts, which kills the process.
  log.info({ drain_timeout_ms: config.drainTimeoutMs }, "draining; a second signal ends it now");
  const { clean } = await server.drain(config.drainTimeoutMs);
  endFollowing();
  await telemetry.close();
  await engine.close();
  await systemd.close();
  log.info({ clean }, "stopped");
  return { clean };
}

/** Whether a person watches in a terminal, who gets an overview beside the lines of the log. */
function isWatched(
  { logFormat, logLevel }: ServeConfig,
  { isTTY }: Pick<ServeContext["stderr"], "isTTY">,
): boolean {
  return isTTY === true && logFormat !== "json" && ["debug", "info"].includes(logLevel);
}

function callersNeed({ apiKeys, apiKeysPath, tls }: ServeConfig) {
  return {
    needsApiKey: apiKeys.length > 0 || apiKeysPath !== undefined,
    tls: tls && { certPath: tls.certPath, needsClientCert: tls.clientCaPath !== undefined },
  };
}

/**
 * Logs how to answer clients that ask for the guide's model by name, where another model serves only
 * because nothing was chosen.
 */
function logServedNames(
  { modelId, servedModelNames }: ServeConfig,
  name: string,
  log: Logger,
): void {
  if (modelId !== undefined && modelId !== bundledModelId) return;
  if ([name, ...servedModelNames].includes(defaultModelId)) return;
  log.info(
    { served: [name, ...servedModelNames] },
    `clients that ask for ${defaultModelId} by name get an error; to answer them with this model, start with --served-model-name ${defaultModelId}`,
  );
}

/** A reranker that refuses calls until the model is loaded. */
function createDeferredReranker(): {
  readonly reranker: Reranker;
  /** Answers calls with this reranker from now on. */
  use(reranker: Reranker): void;
} {
  let loaded: Reranker | undefined;
  const get = (): Reranker => {
    if (loaded) return loaded;
    throw new RerankError("unavailable", "the model is loading, try again", { retryAfterMs: 1000 });
  };
  return {
    reranker: {
      rerank: async (request, call) => await get().rerank(request, call),
      rerankTogether: async (requests, call) => await get().rerankTogether(requests, call),
    },
    use(reranker) {
      loaded = reranker;
    },
  };
}

function servingInfo(
  { servedModelNames, maxDocuments, maxBatchTokens }: ServeConfig,
  { model: { name, revision }, firstDevice }: PreparedModel,
): ServingInfo {
  return {
    servedModels: [name, ...servedModelNames],
    revision,
    maxDocuments,
    maxBatchTokens: maxBatchTokens ?? usualBatchTokens(firstDevice),
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
