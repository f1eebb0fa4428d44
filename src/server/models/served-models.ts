import { HealthState } from "../../engine/health-state.ts";
import { unknownModel } from "../../reranker/check-request.ts";
import type { Reranker } from "../../reranker/rerank-request.ts";
import { healthOfAll } from "./health-of-all.ts";

/** One model that is served. */
export interface ServedModel {
  /** The names under which requests may ask for it; the first is its own. */
  readonly names: readonly [string, ...string[]];
  /** Its own health, whatever the others do. */
  readonly health: HealthState;
  /** Refuses requests until the model is loaded. */
  readonly reranker: Reranker;
  /** The model's commit on the hub; absent for a local folder. */
  readonly revision?: string | undefined;
  /** Most tokens of one inference. */
  readonly maxBatchTokens: number;
}

/** The models of a server, by their names. One that fails or is busy leaves the others alone. */
export interface ServedModels {
  /** All of them, in the order of the settings; requests that name none are for the first. */
  readonly all: readonly [ServedModel, ...ServedModel[]];
  /** The names of all models. */
  readonly names: readonly string[];
  /** Returns the model of a name, the first for no name or an empty one; undefined if none has it. */
  find(name: string | null | undefined): ServedModel | undefined;
  /** Ranks with the model that the request names. */
  readonly reranker: Reranker;
  /** The health of the whole server: see healthOfAll. */
  readonly health: HealthState;
  /**
   * Calls `listener` after every change of a model's health and of the models, until the returned
   * function is called.
   */
  subscribe(listener: () => void): () => void;
  /**
   * Serves a model in the place of `former`, or beside the others. Its names must differ from those of the
   * others.
   */
  put(model: ServedModel, former: ServedModel | undefined): void;
  /** Serves a model no longer, which must not be the only one. */
  remove(model: ServedModel): void;
  /** Tells everybody who asks for a model's health that the server is stopping. */
  drain(): void;
}

/** Returns the models of a server. Their names must differ. */
export function createServedModels(models: readonly [ServedModel, ...ServedModel[]]): ServedModels {
  let all = models;
  let byName = namesOf(all);
  const listeners = new Set<() => void>();
  const following = new Map<ServedModel, () => void>();
  const health = new HealthState(healthOfAll(all));
  for (const model of all) follow(model);

  function changed(): void {
    health.update(healthOfAll(all));
    for (const listener of [...listeners]) listener();
  }

  function follow(model: ServedModel): void {
    following.set(model, model.health.subscribe(changed));
  }

  function serve(next: readonly ServedModel[]): void {
    const [first, ...others] = next;
    if (first === undefined) throw new RangeError("a server has one model at least");
    all = [first, ...others];
    byName = namesOf(all);
    changed();
  }

  function forget(model: ServedModel): void {
    following.get(model)?.();
    following.delete(model);
  }

  function find(name: string | null | undefined): ServedModel | undefined {
    return name ? byName.get(name) : all[0];
  }

  function rerankerOf(name: string | null | undefined): Reranker {
    const model = find(name);
    if (model) return model.reranker;
    throw unknownModel(name ?? "", [...byName.keys()]);
  }

  return {
    get all() {
      return all;
    },
    get names() {
      return [...byName.keys()];
    },
    find,
    reranker: {
      rerank: async (request, call) => await rerankerOf(request.model).rerank(request, call),
      rerankTogether: async (requests, call) =>
        await rerankerOf(requests[0]?.model).rerankTogether(requests, call),
    },
    health,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    put(model, former) {
      if (former !== undefined) forget(former);
      follow(model);
      serve(
        former === undefined
          ? [...all, model]
          : all.map((each) => (each === former ? model : each)),
      );
    },
    remove(model) {
      forget(model);
      serve(all.filter((each) => each !== model));
    },
    drain() {
      const stopping = { status: "draining", reason: "the server is stopping" } as const;
      health.update(stopping);
      for (const model of all) model.health.update(stopping);
    },
  };
}

function namesOf(models: readonly ServedModel[]): ReadonlyMap<string, ServedModel> {
  return new Map(models.flatMap((model) => model.names.map((name) => [name, model] as const)));
}
