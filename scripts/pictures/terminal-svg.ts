import xterm, { type IBufferCell } from "@xterm/headless";
import { escapeXml, place, svgDocument } from "../../bench/report/svg.ts";

/** What a terminal is like. */
export interface TerminalSize {
  readonly columns: number;
  /** Most lines that are kept. */
  readonly rows: number;
  /** What a screen reader says of the picture. */
  readonly title: string;
}

/** A cell's width and a line's height, in pixels, of text of 13 pixels. */
const cellWidth = 7.8;
const lineHeight = 18;
const fontSize = 13;
const padding = 16;

const background = "#1a1b1e";
const foreground = "#d8d8d4";
/** The first sixteen colours of a terminal. */
const palette = [
  ["#5c6370", "#e06c75", "#7fbf7a", "#d8b36a", "#6fa8dc", "#c58fd6", "#5fb3b3", "#d8d8d4"],
  ["#7f848e", "#f08a92", "#98d492", "#e8c98a", "#8fc0f0", "#d8a8e8", "#82cccc", "#ffffff"],
].flat();

/** Left parts of a cell in eighths, as block characters draw them. */
const blocks = "▏▎▍▌▋▊▉█";

/** Cells of one line in one style. */
interface Stretch {
  readonly from: number;
  text: string;
  width: number;
  readonly color: string;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isUnderlined: boolean;
}

/**
 * Returns what a terminal shows once it was sent `output`, as SVG. Lines that scrolled out count, and
 * empty lines at the end do not.
 */
export async function drawTerminal(
  output: string,
  { columns, rows, title }: TerminalSize,
): Promise<string> {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(output, resolve));
  const { active: buffer } = terminal.buffer;
  const lines: Stretch[][] = [];
  for (let row = 0; row < buffer.length; row += 1) {
    const line = buffer.getLine(row);
    const cells = Array.from({ length: columns }, (_cell, at) => line?.getCell(at));
    lines.push(stretchesOf(cells));
  }
  while (lines.at(-1)?.length === 0) lines.pop();
  const width = columns * cellWidth + 2 * padding;
  const height = lines.length * lineHeight + 2 * padding;
  return svgDocument({ width: Math.ceil(width), height }, title, [
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
    `<g font-family="ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${fontSize}" xml:space="preserve">`,
    ...lines.flatMap((line, row) => line.map((stretch) => drawStretch(stretch, row))),
    "</g>",
  ]);
}

/** Returns the runs of cells that look alike; wide characters and blank cells stand apart. */
function stretchesOf(cells: readonly (IBufferCell | undefined)[]): Stretch[] {
  const stretches: Stretch[] = [];
  let last: Stretch | undefined;
  for (const [at, cell] of cells.entries()) {
    const text = cell?.getChars() ?? "";
    const width = cell?.getWidth() ?? 0;
    if (cell === undefined || width === 0) continue;
    if (text.trim() === "") {
      // One blank belongs to the words around it; more of them part the line into columns.
      if (last && cells[at + 1]?.getChars().trim()) {
        last.text += " ";
        last.width += 1;
      } else last = undefined;
      continue;
    }
    const style = styleOf(cell);
    const isAlike =
      last !== undefined &&
      width === 1 &&
      last.width === last.text.length &&
      blocks.includes(text) === blocks.includes(last.text.at(-1) ?? " ") &&
      Object.entries(style).every(([name, value]) => last?.[name as keyof Stretch] === value);
    if (isAlike && last) {
      last.text += text;
      last.width += width;
    } else {
      last = { from: at, text, width, ...style };
      stretches.push(last);
    }
  }
  return stretches;
}

function styleOf(cell: IBufferCell) {
  return {
    color: colorOf(cell),
    isBold: cell.isBold() !== 0,
    isDim: cell.isDim() !== 0,
    isUnderlined: cell.isUnderline() !== 0,
  };
}

function colorOf(cell: IBufferCell): string {
  if (cell.isFgRGB()) return `#${cell.getFgColor().toString(16).padStart(6, "0")}`;
  return (cell.isFgPalette() ? palette[cell.getFgColor()] : undefined) ?? foreground;
}

function drawStretch(stretch: Stretch, row: number): string {
  const { from, text, width, color, isBold, isDim, isUnderlined } = stretch;
  const x = padding + from * cellWidth;
  const top = padding + row * lineHeight;
  // Fonts differ in how they draw blocks, so that bars would have gaps.
  if (blocks.includes(text.at(-1) ?? " ")) {
    const eighths = Array.from(text, (block) => blocks.indexOf(block) + 1);
    const length = (eighths.reduce((sum, part) => sum + part, 0) / blocks.length) * cellWidth;
    return `<rect x="${place(x)}" y="${place(top + 3)}" width="${place(length)}" height="${lineHeight - 6}" fill="${color}"/>`;
  }
  const styles = [
    `fill="${color}"`,
    ...(isBold ? ['font-weight="600"'] : []),
    ...(isDim ? ['opacity="0.6"'] : []),
    ...(isUnderlined ? ['text-decoration="underline"'] : []),
  ];
  // The width keeps the columns straight, whatever font there is.
  return `<text x="${place(x)}" y="${place(top + 13)}" textLength="${place(width * cellWidth)}" lengthAdjust="spacingAndGlyphs" ${styles.join(" ")}>${escapeXml(text)}</text>`;
}
