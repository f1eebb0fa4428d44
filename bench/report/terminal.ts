import type { FigureResult, FigureValue } from "./results.ts";

/** Fields that every figure of a run shares, and a table need not repeat. */
const shared = new Set([
  "figure",
  "model",
  "dtype",
  "model_hash",
  "threads",
  "rounds",
  "seed",
  "corpus",
  "measured_at",
  "environment",
]);

/** Returns the figures as text for a terminal: one line each, name, model, weights, values. */
export function describeFigures(figures: readonly FigureResult[]): string {
  const rows = figures.map((figure) => [
    figure.figure,
    `${figure.model} ${figure.dtype ?? ""}`.trim(),
    Object.entries(figure)
      .filter(([name, value]) => !shared.has(name) && value !== undefined)
      .map(([name, value]) => `${name}=${describeValue(value)}`)
      .join("  "),
  ]);
  const widthOf = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  const widths = [widthOf(0), widthOf(1)];
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .join("\n");
}

function describeValue(value: FigureValue | undefined): string {
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  return Math.abs(value) < 0.01 ? value.toExponential(2) : String(Number(value.toPrecision(3)));
}
