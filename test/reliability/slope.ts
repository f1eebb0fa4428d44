/** A figure at a time. */
export interface Point {
  readonly minutes: number;
  readonly value: number;
}

/**
 * Returns how fast a figure grows, for each minute: the median of the slopes between all pairs of
 * points (Theil and Sen), which a few outliers do not move. NaN for fewer than two points.
 */
export function slopePerMinute(points: readonly Point[]): number {
  const slopes = points.flatMap((to, index) =>
    points.slice(0, index).map((from) => (to.value - from.value) / (to.minutes - from.minutes)),
  );
  return median(slopes);
}

/** Returns the middle value, the upper one of two; NaN for none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
