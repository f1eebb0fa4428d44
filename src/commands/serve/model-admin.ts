import { shorten } from "../../characters.ts";
import type { EngineConfig } from "../../config/engine-config.ts";
import { parseModelSettings } from "../../config/file/model-settings.ts";
import { UsageError } from "../../config/options/parse-options.ts";
import { weightBytesOf } from "../../engine/choose-workers.ts";
import { type PreparedModel, prepareModel } from "../../engine/prepare-model.ts";
import { errorFromAbort, RerankError, StartupError } from "../../errors.ts";
import { readMachine } from "../../inference/machine.ts";
import { memoryFor } from "../../inference/worker-plan.ts";
import type { ModelAdmin } from "../../server/models/model-admin.ts";
import type { ServedModels } from "../../server/models/served-models.ts";
import { type Logger, withFields } from "../../telemetry/log.ts";
import { createLoadableModel, type LoadableModel } from "./load-model.ts";

/** Most characters of an unknown name that a message repeats. */
const maxEchoChars = 100;

/** The dependencies of the admin of a server's models. */
export interface ModelAdminOptions {
  readonly models: ServedModels;
  /** Those of the start, in the order of `models`. */
  readonly loadable: readonly LoadableModel[];
  /**
   * Resolves when those of the start are loaded. Changes wait for it: a model that was taken away before it
   * is loaded would be loaded all the same, and never freed.
   */
  readonly started: Promise<void>;
  /** The settings that all models have in common. */
  readonly shared: EngineConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Aborts when the server is stopping. */
  readonly stop: AbortSignal;
  /** Loads a model, as at the start. */
  readonly start: (model: LoadableModel) => Promise<void>;
  /** Frees a loaded model that nothing is asked any more. */
  readonly free: (model: LoadableModel) => Promise<void>;
  /** Memory that may be taken now, in bytes. Default: the machine's. */
  readonly freeBytes?: () => number;
}

/** Returns what changes the models of a server while it serves. */
export function createModelAdmin(options: ModelAdminOptions): ModelAdmin {
  const { models, shared, env, log, stop, start, free } = options;
  const { freeBytes = () => readMachine().memoryBytes } = options;
  const byServed = new Map(options.loadable.map((model) => [model.names[0], model]));
  let last: Promise<unknown> = options.started;

  /** Makes one change after the other. */
  function inTurn<Value>(change: () => Promise<Value>): Promise<Value> {
    const result = last.then(change);
    last = result.catch(() => undefined);
    return result;
  }

  async function prepare(settings: unknown, signal: AbortSignal) {
    const config = parseModelSettings(settings, shared);
    const prepared = await prepareModel(config, { env, log, signal });
    return createLoadableModel(config, prepared, withFields(log, { model: prepared.names[0] }));
  }

  async function load(settings: unknown, signal: AbortSignal) {
    if (stop.aborted) throw new RerankError("unavailable", "the server is stopping");
    if (signal.aborted) throw errorFromAbort(signal);
    const model = await prepare(settings, signal);
    const [name] = model.names;
    const former = byServed.get(name);
    for (const each of model.names) {
      const owner = models.find(each);
      if (owner === undefined || owner.names[0] === name) continue;
      const message = `\`${each}\` must not be the name of another model, got: one of \`${owner.names[0]}\``;
      throw new RerankError("invalid_argument", message, { field: "model" });
    }
    await checkMemory(model.prepared, freeBytes());
    await start(model);
    if (signal.aborted || stop.aborted) {
      await free(model);
      throw signal.aborted
        ? errorFromAbort(signal)
        : new RerankError("unavailable", "the server is stopping");
    }
    models.put(model, former);
    byServed.set(name, model);
    const message = former ? "a model was replaced" : "a model was added";
    log.info({ model: name, dtype: model.prepared.model.dtype }, message);
    if (former) void retire(former);
    return { names: model.names, replaced: former !== undefined };
  }

  async function unload(name: string): Promise<void> {
    const found = models.find(name);
    const model = found && byServed.get(found.names[0]);
    if (model === undefined) {
      const served = models.names.map((each) => `\`${each}\``).join(", ");
      const message = `\`name\` must be one that is served (${served}), got: \`${shorten(name, maxEchoChars)}\``;
      throw new RerankError("not_found", message, { field: "name" });
    }
    if (models.all.length === 1) {
      const message = "`name` must not be of the only model: load another one first";
      throw new RerankError("invalid_argument", message, { field: "name" });
    }
    models.remove(model);
    byServed.delete(model.names[0]);
    log.info({ model: model.names[0] }, "a model was removed");
    await retire(model);
  }

  /** Frees a model once it has answered what it has begun. */
  async function retire(model: LoadableModel): Promise<void> {
    await model.idle();
    await free(model);
    log.info({ model: model.names[0] }, "a model that is served no longer was freed");
  }

  return {
    load: (settings, signal) => inTurn(() => load(settings, signal).catch(refuse)),
    unload: (name) => inTurn(() => unload(name)),
  };
}

/** Throws what a caller is told of an error: what is wrong with the settings or with the model. */
function refuse(error: unknown): never {
  if (error instanceof UsageError || error instanceof StartupError) {
    throw new RerankError("invalid_argument", error.message, { field: "model", cause: error });
  }
  throw error;
}

const bytesPerMegabyte = 1e6;

/** Throws a RerankError where one worker of the model would not fit into the memory that is left. */
async function checkMemory({ model }: PreparedModel, freeBytes: number): Promise<void> {
  const needed = memoryFor(await weightBytesOf(model));
  if (needed <= freeBytes) return;
  const [wanted, left] = [needed, freeBytes].map((bytes) => Math.round(bytes / bytesPerMegabyte));
  const message = `the model needs about ${wanted} MB, and ${left} MB are left beside the models that are loaded`;
  throw new RerankError("resource_exhausted", message, { field: "model" });
}
