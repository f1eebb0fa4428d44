import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { firstCodePoints } from "../characters.ts";

/** One row of the table. */
export interface RankedText {
  readonly score: number;
  readonly text: string;
}

/** How the table looks. */
export interface RankTableOptions {
  /** Width of the terminal. */
  readonly columns: number;
  readonly color: boolean;
  /** Whether scores are logits; their bars reach from the least to the greatest one. */
  readonly rawScores: boolean;
}

const maxBarColumns = 20;
/** The bar takes a quarter of the width at most, so that there is space for text. */
const barShare = 4;
const gap = "  ";
const scoreDigits = 3;

const blocks = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;
const green = "\u001B[32m";
const plain = "\u001B[39m";

/** Returns a table with rank, score, a bar and the text of each document, best first. */
export function formatRankTable(rows: readonly RankedText[], options: RankTableOptions): string {
  const { columns, color, rawScores } = options;
  const scores = rows.map(({ score }) => score.toFixed(scoreDigits));
  const scoreColumns = Math.max("score".length, ...scores.map((score) => score.length));
  const rankColumns = Math.max("rank".length, String(rows.length).length);
  const barColumns = Math.min(maxBarColumns, Math.floor(columns / barShare));
  const textColumns = Math.max(
    1,
    columns - rankColumns - scoreColumns - barColumns - 3 * gap.length,
  );
  const shareOf = shares(rows, rawScores);
  const lines = rows.map(({ score, text }, at) => {
    const bar = barOf(shareOf(score), barColumns);
    return [
      String(at + 1).padStart(rankColumns),
      (scores[at] ?? "").padStart(scoreColumns),
      color ? `${green}${bar}${plain}` : bar,
      fitColumns(text, textColumns),
    ]
      .join(gap)
      .trimEnd();
  });
  const head = ["rank".padStart(rankColumns), "score".padStart(scoreColumns)].join(gap);
  return `${[head, ...lines].join("\n")}\n`;
}

function shares(rows: readonly RankedText[], rawScores: boolean): (score: number) => number {
  if (!rawScores) return (score) => Math.min(1, Math.max(0, score));
  const scores = rows.map(({ score }) => score);
  const least = scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const range = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) - least;
  return (score) => (range > 0 ? (score - least) / range : 1);
}

function barOf(share: number, columns: number): string {
  const eighths = Math.round((Number.isNaN(share) ? 0 : share) * columns * blocks.length);
  const full = "█".repeat(Math.floor(eighths / blocks.length));
  return `${full}${blocks[eighths % blocks.length]}`.padEnd(columns);
}

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
