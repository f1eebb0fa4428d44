import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { systemClock } from "../clock.ts";
import type { ServeConfig } from "../config/serve-config.ts";
import { RerankError, StartupError } from "../errors.ts";
import { readHubOptions } from "../models/hub-options.ts";
import type { ModelDirectory } from "../models/open-model.ts";
import { resolveModel } from "../models/resolve-model.ts";
import type { Reranker } from "../reranker/rerank-request.ts";
import { HealthState } from "../server/health-state.ts";
import { defaultServerLimits } from "../server/limits.ts";
import { createServer, type RerankServer } from "../server/server.ts";
import type { ServingInfo } from "../server/serving-info.ts";
import type { Logger } from "../telemetry/log.ts";
import { batchPolicyFor } from "./batch-policy.ts";
import { chooseMaxLength } from "./choose-max-length.ts";
import { type ChosenWeights, chooseWeights } from "./choose-weights.ts";
import { createEngine, type Engine } from "./engine.ts";
import { bundledModelDirectory, packageVersion } from "./package-root.ts";
import { createProgressDisplay } from "./progress.ts";
import type { ProcessContext } from "./run.ts";
import { startSystemdNotifier } from "./systemd-notifier.ts";

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
  const { log, stop } = context;
  const chosen = chooseWeights(config);
  const model = await findModel(config, chosen, context);
  const maxLength = chooseMaxLength(config.maxLength, model.config.maxPositionTokens);
  const health = new HealthState({
    status: "starting",
    model: model.name,
    device: "",
    dtype: model.dtype,
    maxLength,
    version: packageVersion(),
    reason: "the model is loading",
  });
  const systemd = startSystemdNotifier({ env: context.env, health, clock: systemClock, log });
  const door = createDoor();
  const server = createServer({
    reranker: door.reranker,
    health,
    log,
    limits: serverLimits(config),
    serving: servingInfo(config, chosen, model),
    ...(config.tls ? { tls: await readTls(config.tls) } : {}),
  });
  const address = await server.listen({ host: config.host, port: config.port });
  warnOfPublicBind(config, log);

  const engine = await startEngine(config, { chosen, model, maxLength }, server);
  door.open(engine.reranker);
  followBackend(engine, health, log);
  for (const note of engine.info.notes) log.info({}, note);
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
  );

  if (!stop.aborted) await once(stop, "abort");
  log.info({ drain_timeout_ms: config.drainTimeoutMs }, "draining; a second signal ends it now");
  const { clean } = await server.drain(config.drainTimeoutMs);
  await engine.close();
  await systemd.close();
  log.info({ clean }, "stopped");
  return { clean };
}

async function findModel(
  config: ServeConfig,
  { weights }: ChosenWeights,
  { env, stderr, stop, log }: ServeContext,
): Promise<ModelDirectory> {
  const display = createProgressDisplay(stderr, { env });
  const { model, source, notice, choice } = await resolveModel({
    modelId: config.modelId,
    revision: config.revision,
    ...weights,
    hub: await readHubOptions(env),
    bundledDirectory: bundledModelDirectory(),
    onProgress: display.update,
    signal: stop,
  }).finally(display.done);
  if (choice) log.info({}, choice);
  if (notice) log.warn({ model: model.name }, notice);
  log.info({ model: model.name, source, dtype: model.dtype }, "loading");
  return model;
}

async function startEngine(
  config: ServeConfig,
  { chosen, model, maxLength }: { chosen: ChosenWeights; model: ModelDirectory; maxLength: number },
  server: RerankServer,
): Promise<Engine> {
  const { threads, spinning, maxBatchTokens, servedModelNames, cacheMb } = config;
  try {
    return await createEngine({
      model,
      device: chosen.device,
      threads,
      spinning,
      maxLength,
      limits: config,
      servedModels: [model.name, ...servedModelNames],
      admission: config,
      cacheMb,
      maxBatchTokens,
    });
  } catch (error) {
    server.destroy();
    throw error;
  }
}

/** A reranker that turns callers away until the model is there. */
function createDoor(): { readonly reranker: Reranker; open(reranker: Reranker): void } {
  let behind: Reranker | undefined;
  return {
    reranker: {
      async rerank(request, call) {
        if (behind) return behind.rerank(request, call);
        throw new RerankError("unavailable", "the model is loading, try again", {
          retryAfterMs: 1000,
        });
      },
    },
    open(reranker) {
      behind = reranker;
    },
  };
}

/** Keeps health in step with the inference worker. */
function followBackend({ backend, info }: Engine, health: HealthState, log: Logger): void {
  let previous = backend.status;
  let notes = info.notes.length;
  health.update({ status: "ok", reason: "", device: info.device });
  backend.onStatus((status, { info: current, reason, restarts }) => {
    for (const note of current?.notes.slice(notes) ?? []) log.warn({}, note);
    notes = current?.notes.length ?? 0;
    if (status === previous) return;
    previous = status;
    if (status === "ok") {
      log.info({ restarts }, "the inference worker is back");
      health.update({ status: "ok", reason: "", device: current?.device ?? info.device });
    } else if (status === "restarting") {
      log.error({ err: reason, restarts }, "the inference worker ended and is being restarted");
      health.update({ status: "restarting", reason: "the inference worker is being restarted" });
    }
  });
}

function servingInfo(
  { servedModelNames, maxDocuments, maxBatchTokens }: ServeConfig,
  { weights }: ChosenWeights,
  { name, revision, dtype }: ModelDirectory,
): ServingInfo {
  const policy = batchPolicyFor(weights.device, dtype, maxBatchTokens);
  return {
    servedModels: [name, ...servedModelNames],
    revision,
    maxDocuments,
    maxBatchTokens: policy.maxBatchTokens,
  };
}

function serverLimits(config: ServeConfig) {
  const { maxBodyBytes, maxConcurrentStreams, maxStreamInFlight } = config;
  const { headersTimeoutMs, requestTimeoutMs, idleTimeoutMs } = config;
  return {
    ...defaultServerLimits,
    maxBodyBytes,
    maxConcurrentStreams,
    maxStreamInFlight,
    headersTimeoutMs,
    undecidedTimeoutMs: headersTimeoutMs,
    requestTimeoutMs,
    idleTimeoutMs,
  };
}

async function readTls({ certPath, keyPath }: { certPath: string; keyPath: string }) {
  const read = (flag: string, path: string) =>
    readFile(path).catch((cause: unknown) => {
      throw new StartupError(`--${flag} cannot be read: \`${path}\``, { cause });
    });
  return { cert: await read("tls-cert", certPath), key: await read("tls-key", keyPath) };
}

const loopbackHosts = new Set(["127.0.0.1", "::1", "localhost"]);

function warnOfPublicBind({ host, tls }: ServeConfig, log: Logger): void {
  if (loopbackHosts.has(host)) return;
  log.warn(
    { host, tls: tls !== undefined },
    "listening beyond loopback without an API key: whoever reaches the port can use the model",
  );
}
