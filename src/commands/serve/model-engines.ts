import { systemClock } from "../../clock.ts";
import type { Engine } from "../../engine/engine.ts";
import { usableCores } from "../../inference/machine.ts";
import { createProcessorTurns, type ProcessorShare } from "../../inference/processor-turns.ts";
import type { LoadableModel } from "./load-model.ts";
import type { Telemetry } from "./telemetry.ts";

/** The engines of a server's models. */
export interface ModelEngines {
  /** Loads a model, while the telemetry loads. Rejects as `LoadableModel.load` does, or if that cannot be. */
  start(model: LoadableModel): Promise<void>;
  /** Frees a model, if it was loaded. */
  free(model: LoadableModel): Promise<void>;
  /** Frees all models. */
  close(): Promise<void>;
}

/** Returns no engine yet. A model that is alone for good needs no turns of the processor. */
export function createModelEngines({
  telemetry,
  needsTurns,
}: {
  readonly telemetry: Telemetry;
  readonly needsTurns: boolean;
}): ModelEngines {
  const turns = needsTurns ? createProcessorTurns(usableCores(), systemClock.nowMs) : undefined;
  const running = new Map<LoadableModel, { engine: Engine; share: ProcessorShare | undefined }>();
  let telemetryLoading: Promise<void> | undefined;

  async function free(model: LoadableModel): Promise<void> {
    const { engine, share } = running.get(model) ?? {};
    if (engine === undefined) return;
    running.delete(model);
    telemetry.forget(model.names[0], engine);
    await engine.close();
    share?.leave();
  }

  return {
    async start(model) {
      telemetryLoading ??= telemetry.load();
      const loading = telemetryLoading;
      // It is awaited when the model is loaded.
      loading.catch(() => undefined);
      const [name] = model.names;
      const share = turns?.join(model.config.weight);
      try {
        await model.load({
          onBatch: telemetry.batchesOf(name),
          share,
          async open(engine) {
            running.set(model, { engine, share });
            await loading;
            return telemetry.follow(name, engine);
          },
        });
      } catch (error) {
        if (!running.has(model)) share?.leave();
        throw error;
      }
    },
    free,
    async close() {
      await Promise.all([...running.keys()].map(free));
    },
  };
}
