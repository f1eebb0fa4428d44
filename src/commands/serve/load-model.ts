import type { EngineConfig } from "../../config/engine-config.ts";
import { usualBatchTokens } from "../../engine/batch-policy.ts";
import type { Engine, EngineOptions } from "../../engine/engine.ts";
import { createEngineMonitor } from "../../engine/engine-monitor.ts";
import { HealthState } from "../../engine/health-state.ts";
import { type PreparedModel, startEngine } from "../../engine/prepare-model.ts";
import { RerankError, StartupError } from "../../errors.ts";
import { packageVersion } from "../../package-root.ts";
import type { Reranker } from "../../reranker/rerank-request.ts";
import type { ServedModel } from "../../server/models/served-models.ts";
import type { Logger } from "../../telemetry/log.ts";

/** A model of the server whose files are here, and which loads when it is told to. */
export interface LoadableModel extends ServedModel {
  readonly config: EngineConfig;
  readonly prepared: PreparedModel;
  /**
   * Loads the model; requests reach it once it has answered a canary. Rejects as `startEngine` does,
   * or as `open`.
   */
  load(options: LoadOptions): Promise<void>;
  /** Resolves when none of its requests is under way. New ones may come. */
  idle(): Promise<void>;
}

/** What a model is loaded with. */
export interface LoadOptions extends Pick<EngineOptions, "onBatch" | "share"> {
  /** Called with the loaded engine; returns the reranker in front of it. */
  readonly open: (engine: Engine) => Promise<Reranker>;
}

/** Returns a model that is not loaded yet: its health is `starting`, and it refuses requests. */
export function createLoadableModel(
  config: EngineConfig,
  prepared: PreparedModel,
  log: Logger,
): LoadableModel {
  const { model, names, firstDevice, maxLength, activations } = prepared;
  const health = new HealthState({
    status: "starting",
    model: names[0],
    device: "",
    workers: 0,
    threads: 0,
    dtype: model.dtype,
    maxLength,
    activation: activations.usual,
    version: packageVersion(),
    reason: "the model is loading",
  });
  let loaded: Reranker | undefined;
  let underWay = 0;
  let onIdle: (() => void)[] = [];
  const get = (): Reranker => {
    if (loaded) return loaded;
    throw new RerankError("unavailable", "the model is loading, try again", { retryAfterMs: 1000 });
  };

  async function counted<Result>(rank: () => Promise<Result>): Promise<Result> {
    underWay += 1;
    try {
      return await rank();
    } finally {
      underWay -= 1;
      if (underWay === 0) {
        const waiting = onIdle;
        onIdle = [];
        for (const resolve of waiting) resolve();
      }
    }
  }

  return {
    names,
    health,
    config,
    prepared,
    revision: model.revision,
    maxBatchTokens: config.maxBatchTokens ?? usualBatchTokens(firstDevice),
    reranker: {
      rerank: (request, call) => counted(() => get().rerank(request, call)),
      rerankTogether: (requests, call) => counted(() => get().rerankTogether(requests, call)),
    },
    idle: () =>
      underWay === 0 ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve)),
    async load({ open, onBatch, share }) {
      const monitor = createEngineMonitor({ log, health });
      const engine = await startEngine(config, prepared, {
        onBatch,
        share,
        observer: monitor,
        refuseDuringOutage: true,
      });
      loaded = await open(engine);
      monitor.opened();
    },
  };
}

/** Throws a StartupError if two models have a name in common. */
export function checkNames(models: readonly ServedModel[]): void {
  const owners = new Map<string, number>();
  for (const [index, { names }] of models.entries()) {
    for (const name of new Set(names)) {
      const owner = owners.get(name);
      if (owner !== undefined) {
        throw new StartupError(
          `models ${owner + 1} and ${index + 1} have the same name, \`${name}\``,
          {
            isUsage: true,
            hint: "give one a name of its own: --model-id NAME=ID, or `name` in the configuration file",
          },
        );
      }
      owners.set(name, index);
    }
  }
}
