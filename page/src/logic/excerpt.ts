import type { Ranked } from "./rank.ts";

/** A text in three parts, of which the middle one is marked; ellipses show where it was shortened. */
export interface Excerpt {
  readonly before: string;
  readonly marked: string;
  readonly after: string;
  /** Whether the text is longer than the three parts. */
  readonly isShortened: boolean;
}

const ellipsis = "…";

/** Longest parts of an excerpt, in UTF-16 units. */
const limits = {
  short: { plain: 280, before: 80, marked: 320, after: 80 },
  long: { plain: 20_000, before: 10_000, marked: 20_000, after: 10_000 },
} as const;

/**
 * Returns the part of a text that is shown: its beginning, or the passage that won with what stands
 * around it. The passage's offsets are Unicode code points. A passage that is the whole text is not
 * marked: it tells nothing.
 */
export function excerptOf(
  text: string,
  passage: Ranked["passage"],
  size: keyof typeof limits,
): Excerpt {
  const limit = limits[size];
  const start = passage === undefined ? 0 : unitOf(text, passage.start, 0);
  const end =
    passage === undefined ? text.length : unitOf(text, passage.end - passage.start, start);
  if (start === 0 && end === text.length) {
    const plain = head(text, limit.plain);
    return { before: plain, marked: "", after: "", isShortened: plain !== text };
  }
  const before = tail(text.slice(0, start), limit.before);
  const marked = head(text.slice(start, end), limit.marked);
  const after = head(text.slice(end), limit.after);
  return { before, marked, after, isShortened: before + marked + after !== text };
}

/** Returns the place in UTF-16 units that lies a number of code points after another. */
function unitOf(text: string, codePoints: number, from: number): number {
  let unit = from;
  for (let left = codePoints; left > 0 && unit < text.length; left -= 1) {
    unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  }
  return unit;
}

function head(text: string, units: number): string {
  if (text.length <= units) return text;
  const cut = text.slice(0, units);
  return `${cut.replace(/[\uD800-\uDBFF]$/, "")}${ellipsis}`;
}

function tail(text: string, units: number): string {
  if (text.length <= units) return text;
  return `${ellipsis}${text.slice(-units).replace(/^[\uDC00-\uDFFF]/, "")}`;
}
