/**
 * The seed of all random numbers: two evaluations of the same lists see the same order and the same
 * sample.
 */
const seed = 5;

/**
 * Returns the items in an order that depends on nothing but their number and `key`, so that it is
 * the same in every run and on every machine.
 */
export function seededShuffle<T>(items: readonly T[], key: string): T[] {
  const random = seededRandom(key);
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
  }
  return shuffled;
}

/**
 * Returns at most `limit` of the items in their order, always the same ones; a smaller sample is
 * part of every larger one.
 */
export function seededSample<T>(items: readonly T[], limit: number, key: string): T[] {
  const chosen = new Set(seededShuffle([...items.keys()], key).slice(0, limit));
  return items.filter((_item, at) => chosen.has(at));
}

/** Returns a source of numbers from 0 to below 1 that are the same in every run for a key. */
export function seededRandom(key: string): () => number {
  return createRandom(hashOf(`${seed}:${key}`));
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}

/** Mulberry32: numbers from 0 to below 1. */
function createRandom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
