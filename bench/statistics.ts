/**
 * Returns the value below which `share` (0 to 1) of the samples lie, interpolated between
 * neighbours. Throws for an empty list.
 */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new Error("there are no samples");
  return below + (above - below) * (place - Math.floor(place));
}

/** Returns the middle of the samples. Throws for an empty list. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** How a set of measured values lies. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Returns the middle and the ends of the samples. Throws for an empty list. */
export function spread(samples: readonly number[]): Spread {
  return { median: median(samples), min: quantile(samples, 0), max: quantile(samples, 1) };
}

/**
 * Returns the median of `over[i] / under[i]`: values of one round share the machine's mood of that
 * moment, so their ratio is steadier than the ratio of two medians. Throws if the lists differ in
 * length or are empty.
 */
export function medianRatio(over: readonly number[], under: readonly number[]): number {
  if (over.length !== under.length) throw new Error("rounds must come in pairs");
  return median(over.map((value, round) => value / (under[round] ?? Number.NaN)));
}

/** Returns the number with three significant digits, for reports. */
export function round3(value: number): number {
  return Number(value.toPrecision(3));
}
