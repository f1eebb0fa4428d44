import { fitColumns } from "./fit-columns.ts";

/** One line of the table. */
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
/** The bar takes a quarter of the width at most, so that there is room for text. */
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
