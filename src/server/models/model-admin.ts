/** A model that was loaded while the server serves. */
export interface AddedModel {
  /** The names under which requests may ask for it; the first is its own. */
  readonly names: readonly [string, ...string[]];
  /** Whether it took the place of another model of its name. */
  readonly replaced: boolean;
}

/** Changes which models a server has, one change after the other. */
export interface ModelAdmin {
  /**
   * Loads a model with settings as those of an entry of `models` in a configuration file, and serves it
   * once it has answered a canary; one of its name serves until then. Rejects with a RerankError.
   */
  load(settings: unknown, signal: AbortSignal): Promise<AddedModel>;
  /** Ends the model of a name; resolves when it is freed. Rejects with a RerankError. */
  unload(name: string): Promise<void>;
}
