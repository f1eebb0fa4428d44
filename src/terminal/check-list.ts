import stringWidth from "string-width";
import { fitColumns } from "./rank-table.ts";

/** One check of the list: its result, and what to do about it. */
export interface ListedCheck {
  readonly name: string;
  readonly state: "ok" | "warning" | "fault" | "skipped";
  readonly found: string;
  readonly advice?: string | undefined;
}

/** How the list looks. */
export interface CheckListOptions {
  /** Width of the terminal. */
  readonly columns: number;
  readonly color: boolean;
}

const gap = "  ";
const plain = "\u001B[0m";

/** Told apart by words too, for those who see no colours. */
const marks = {
  ok: { text: "ok", color: "\u001B[32m" },
  warning: { text: "warning", color: "\u001B[33m" },
  fault: { text: "FAULT", color: "\u001B[31m" },
  skipped: { text: "skipped", color: "\u001B[2m" },
} as const;

const markColumns = Math.max(...Object.values(marks).map(({ text }) => text.length));

/** No line of advice is narrower, however narrow the terminal is. */
const minTextColumns = 30;

/** Returns a list with state, name and finding of each check; below it what to do. */
export function formatCheckList(checks: readonly ListedCheck[], options: CheckListOptions): string {
  const { columns, color } = options;
  const nameColumns = Math.max(...checks.map(({ name }) => name.length));
  const indent = " ".repeat(markColumns + nameColumns + 2 * gap.length);
  const textColumns = Math.max(minTextColumns, columns - indent.length);
  const lines = checks.flatMap(({ name, state, found, advice }) => {
    const mark = marks[state].text.padEnd(markColumns);
    const head = [color ? `${marks[state].color}${mark}${plain}` : mark, name.padEnd(nameColumns)];
    const [first = "", ...rest] = wrap(found, textColumns);
    const more = [...rest, ...wrap(advice === undefined ? "" : `to do: ${advice}`, textColumns)];
    return [[...head, first].join(gap), ...more.map((line) => `${indent}${line}`)];
  });
  return `${lines.join("\n")}\n`;
}

/** Breaks a text between words; a word that is longer than a line, a path say, stays whole. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  const words = fitColumns(text, Number.MAX_SAFE_INTEGER).split(" ");
  for (const word of words.filter((word) => word !== "")) {
    const last = lines.at(-1);
    if (last === undefined || stringWidth(last) + 1 + stringWidth(word) > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
