/** Returns whether a surrogate pair, one character of two UTF-16 units, begins at the index. */
function isPair(text: string, index: number): boolean {
  return (text.codePointAt(index) ?? 0) > 0xffff;
}

/** Returns the index in UTF-16 units that is so many code points after `from`, or the end. */
export function indexAfter(text: string, from: number, codePoints: number): number {
  let index = from;
  for (let left = codePoints; left > 0 && index < text.length; left -= 1) {
    index += isPair(text, index) ? 2 : 1;
  }
  return index;
}

/** Returns how many Unicode code points a text has. */
export function countCodePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += isPair(text, index) ? 2 : 1) count += 1;
  return count;
}

/**
 * Returns the first code points of a text, at most `maxCodePoints`. No character is split, and a
 * lone surrogate, which UTF-8 cannot hold, becomes U+FFFD.
 */
export function firstCodePoints(text: string, maxCodePoints: number): string {
  return text.slice(0, indexAfter(text, 0, maxCodePoints)).toWellFormed();
}

/**
 * Returns a text as a message for people repeats it: its first code points, at most
 * `maxCodePoints`, and `…` where more follow.
 */
export function shorten(text: string, maxCodePoints: number): string {
  const start = firstCodePoints(text, maxCodePoints);
  return start.length < text.length ? `${start}…` : start;
}
