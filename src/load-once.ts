/** A value that is loaded when it is first requested. */
export interface LoadOnce<Value> {
  /**
   * Resolves to the value: all calls share one. Rejects as its load does; the next call after that
   * loads again, as what was in the way may be gone by then.
   */
  get(): Promise<Value>;
  /** The value, or the load that is under way; undefined where there is neither. */
  present(): Promise<Value> | undefined;
}

/** Returns a value that `load` loads with the first call of `get`. */
export function loadOnce<Value>(load: () => Promise<Value>): LoadOnce<Value> {
  let present: Promise<Value> | undefined;
  return {
    get() {
      if (present === undefined) {
        const loading = load();
        present = loading;
        // Callers that wait get the failure from their own promise.
        loading.catch(() => {
          if (present === loading) present = undefined;
        });
      }
      return present;
    },
    present: () => present,
  };
}
