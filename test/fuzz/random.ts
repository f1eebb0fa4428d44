/** Choices that depend on a seed alone, so that any input can be made again. */
export interface Random {
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  /** Whether something happens that happens once in `times`. */
  once(times: number): boolean;
  /** One of some values; there must be one. */
  pick<const Value>(values: readonly Value[]): Value;
  /** That many bytes. */
  bytes(count: number): Buffer;
}

/** Returns the choices of one input of a run (mulberry32). */
export function createRandom(seed: number, input: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(input + 1, 0xc2b2ae35);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (end: number): number => next() % Math.max(1, end);
  return {
    below,
    once: (times) => below(times) === 0,
    pick: <Value>(values: readonly Value[]) => values[below(values.length)] as Value,
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
  };
}
