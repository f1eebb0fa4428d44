import { once } from "node:events";
import { systemClock } from "../clock.ts";
import type { ServeConfig } from "../config/serve-config.ts";
import { prepareModel } from "../engine/prepare-model.ts";
import { bundledModelId, defaultModelId } from "../models/resolve-model.ts";
import { packageVersion } from "../package-root.ts";
import { returnMemory } from "../return-memory.ts";
import { defaultServerLimits } from "../server/limits.ts";
import { checkUnixSocketPath } from "../server/listen/unix-socket.ts";
import { createServedModels, type ServedModels } from "../server/models/served-models.ts";
import { createServer } from "../server/server.ts";
import { type Logger, withFields } from "../telemetry/log.ts";
import { formatReady, type ReadyModel } from "../terminal/format-ready.ts";
import { hasColors } from "../terminal/has-colors.ts";
import { createProgressDisplay } from "../terminal/progress.ts";
import type { ProcessContext } from "./process-context.ts";
import { checkNames, createLoadableModel, type LoadableModel } from "./serve/load-model.ts";
import { createModelAdmin } from "./serve/model-admin.ts";
import { createModelEngines, type ModelEngines } from "./serve/model-engines.ts";
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
  const loadable = await prepareModels(config, context, display).finally(display.done);
  checkNames(loadable);
  const models = createServedModels(loadable);
  const systemd = startSystemdNotifier({ env, health: models.health, clock: systemClock, log });
  const telemetry = createTelemetry({ config, models, log });
  const engines = createModelEngines({
    telemetry,
    needsTurns: loadable.length > 1 || config.admin,
  });
  const shared = config.models[0];
  let endStart = (): void => undefined;
  const started = new Promise<void>((resolve) => {
    endStart = resolve;
  });
  const changing = { models, loadable, started, shared, env, log, stop };
  const server = createServer({
    models,
    admin: config.admin ? createModelAdmin({ ...changing, ...engines }) : undefined,
    log,
    limits: serverLimits(config),
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

  // A worker may have ended since it was loaded, and then there is nothing to be ready with.
  models.health.onceServing(() => {
    logServedNames(config, models, log);
    const readyMs = Math.round(performance.now() - startedMs);
    const names = models.all.map(({ names: [name] }) => name);
    const { model, device, dtype, maxLength, workers, threads } = models.health.report;
    const several = names.length > 1 && { models: names };
    const machine = { device, dtype, max_length: maxLength, workers, threads };
    log.info({ ...address, model, ...several, ...machine, ready_ms: readyMs }, "ready");
    if (!isWatched(config, stderr)) return;
    const version = packageVersion();
    const what = { version, address, ...callersNeed(config), models: loadable.map(readyModelOf) };
    stderr.write(formatReady({ ...what, readyMs }, hasColors(stderr, env)));
  });
  await loadInTurn(loadable, engines, stop).catch(async (error: unknown) => {
    endFollowing();
    server.destroy();
    await telemetry.close();
    await engines.close();
    throw error;
  });
  endStart();
  await returnMemory();

  if (!stop.aborted) await once(stop, "abort");
  // The second signal is handled in main.ts, which kills the process.
  log.info({ drain_timeout_ms: config.drainTimeoutMs }, "draining; a second signal ends it now");
  const { clean } = await server.drain(config.drainTimeoutMs);
  endFollowing();
  await telemetry.close();
  await engines.close();
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
function logServedNames({ models: configs }: ServeConfig, models: ServedModels, log: Logger): void {
  const [{ modelId }, ...others] = configs;
  if (others.length > 0 || (modelId !== undefined && modelId !== bundledModelId)) return;
  if (models.names.includes(defaultModelId)) return;
  log.info(
    { served: models.names },
    `clients that ask for ${defaultModelId} by name get an error; to answer them with this model, start with --served-model-name ${defaultModelId}`,
  );
}

/** Finds the models one after the other, and downloads those that are missing. */
async function prepareModels(
  { models }: ServeConfig,
  { env, log, stop }: ServeContext,
  display: ReturnType<typeof createProgressDisplay>,
): Promise<[LoadableModel, ...LoadableModel[]]> {
  const loadable: LoadableModel[] = [];
  for (const config of models) {
    const context = { env, log, onProgress: display.update, signal: stop };
    const prepared = await prepareModel(config, context);
    const own = models.length > 1 ? withFields(log, { model: prepared.names[0] }) : log;
    loadable.push(createLoadableModel(config, prepared, own));
  }
  return loadable as [LoadableModel, ...LoadableModel[]];
}

/**
 * Loads the models one after the other, so that each sees the memory that those before it have left.
 */
async function loadInTurn(
  models: readonly LoadableModel[],
  engines: ModelEngines,
  stop: AbortSignal,
): Promise<void> {
  for (const [index, model] of models.entries()) {
    if (stop.aborted && index > 0) return;
    await engines.start(model);
  }
}

function readyModelOf({
  prepared: { source, model },
  health: { report },
}: LoadableModel): ReadyModel {
  const { device, dtype, workers, threads, maxLength } = report;
  const { directory } = model;
  return { model: report.model, source, directory, dtype, device, workers, threads, maxLength };
}

function serverLimits(config: ServeConfig) {
  const { maxBodyBytes, maxDocuments, maxConnections } = config;
  const { maxConcurrentStreams, maxStreamInFlight } = config;
  const { headersTimeoutMs, requestTimeoutMs, idleTimeoutMs } = config;
  return {
    ...defaultServerLimits,
    maxBodyBytes,
    maxDocuments,
    maxConnections,
    maxConcurrentStreams,
    maxStreamInFlight,
    headersTimeoutMs,
    undecidedTimeoutMs: headersTimeoutMs,
    requestTimeoutMs,
    idleTimeoutMs,
  };
}
