import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { firstCodePoints } from "../characters.ts";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Turns of the writing direction, which would reorder the rest of a terminal's line. */
const turns = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** No grapheme that a terminal shows is longer; a run of combining marks is cut there. */
const maxCharactersPerColumn = 16;

/**
 * Returns a text as one line of at most `columns` columns, with `…` where it was cut. A character of
 * Korean or Japanese takes two columns and is never split. Control characters, which could move the
 * cursor, become spaces.
 */
export function fitColumns(text: string, columns: number): string {
  const start = firstCodePoints(text, columns * maxCharactersPerColumn);
  const line = stripVTControlCharacters(start)
    .replace(turns, "")
    .replace(/[\s\p{Cc}\u2028\u2029]+/gu, " ")
    .trim();
  if (start.length === text.length && stringWidth(line) <= columns) return line;
  let fitted = "";
  let width = 0;
  for (const { segment } of graphemes.segment(line)) {
    width += stringWidth(segment);
    if (width > columns - 1) break;
    fitted += segment;
  }
  return columns > 0 ? `${fitted.trimEnd()}…` : "";
}
