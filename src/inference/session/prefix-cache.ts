import type { Tensor } from "onnxruntime-node";

/** Keys and values of the tokens that rows begin with, of one row, by the names of their inputs. */
export interface Prefix {
  readonly tokens: number;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly bytes: number;
}

/** Prefixes that were computed, by the ids of their tokens. */
export interface PrefixCache {
  get(key: string): Prefix | undefined;
  /** Keeps a prefix and forgets those that were not asked for longest, until all fit. */
  set(key: string, prefix: Prefix): void;
}

/** Returns a cache of at most `maxBytes`, or of one prefix that is larger. */
export function createPrefixCache(maxBytes: number): PrefixCache {
  // A map keeps the order of insertion: the first was not asked for longest.
  const prefixes = new Map<string, Prefix>();
  let bytes = 0;

  function remove(key: string): void {
    bytes -= prefixes.get(key)?.bytes ?? 0;
    prefixes.delete(key);
  }

  return {
    get(key) {
      const prefix = prefixes.get(key);
      if (prefix === undefined) return undefined;
      prefixes.delete(key);
      prefixes.set(key, prefix);
      return prefix;
    },
    set(key, prefix) {
      remove(key);
      prefixes.set(key, prefix);
      bytes += prefix.bytes;
      for (const oldest of prefixes.keys()) {
        if (bytes <= maxBytes || oldest === key) break;
        remove(oldest);
      }
    },
  };
}
