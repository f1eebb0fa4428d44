/**
 * Whether a number that was read from JSON can only be the one that was written: a whole number beyond
 * 2^53 may have been another one, and one beyond all bounds is infinite.
 */
export function isExactNumber(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

/** What a message says of an id that is no exact number. */
export const inexactNumber = "is a number too large to be read exactly: write it as a text";
