import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Environment } from "../environment.ts";
import { machineOf } from "./machines.ts";

/** A value of a figure. */
export type FigureValue = number | string | boolean | null | Environment;

/** One measured figure. Numbers are named with their unit. */
export interface FigureResult {
  readonly figure: string;
  /** The model it was measured with. */
  readonly model: string;
  /** The weights, where the figure has one kind. */
  readonly dtype?: string;
  readonly [field: string]: FigureValue | undefined;
}

/** A figure with what it takes to read it alone. */
export interface RecordedFigure extends FigureResult {
  readonly model_hash: string;
  readonly threads: number;
  readonly rounds: number;
  readonly seed: number;
  readonly corpus: string;
  readonly measured_at: string;
  readonly environment: Environment;
}

/** Fields that tell two results of a figure apart. */
const identity = [
  "figure",
  "model",
  "dtype",
  "contender",
  "protocol",
  "clients",
  "documents",
  "load",
  "point",
];

/** Returns what tells a result from others; the length of the documents is one of each machine. */
export function keyOf(result: FigureResult): string {
  const machine = result.figure === "corpus" ? (machineOf(result) ?? null) : null;
  return JSON.stringify([...identity.map((field) => result[field] ?? null), machine]);
}

/**
 * Returns the figures with `newer` in place of older measurements of the same thing, in order of
 * first appearance.
 */
export function mergeFigures<T extends FigureResult>(
  older: readonly T[],
  newer: readonly T[],
): T[] {
  const merged = new Map<string, T>();
  for (const figure of [...older, ...newer]) {
    merged.set(keyOf(figure), figure);
  }
  return [...merged.values()];
}

/** Reads the results of earlier runs; none if there was no run. Rejects with the path if they are no results. */
export async function readResults(path: string): Promise<RecordedFigure[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  let results: unknown;
  try {
    results = JSON.parse(text);
  } catch (cause) {
    throw new Error(`\`${path}\` is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(results)) throw new Error(`\`${path}\` must hold a list of results`);
  const wrong = results.findIndex((result) => !isRecorded(result));
  if (wrong >= 0) throw new Error(`\`${path}\`: number ${wrong + 1} is not a result of a figure`);
  return results;
}

function isRecorded(value: unknown): value is RecordedFigure {
  const result = (value ?? {}) as Readonly<Record<string, unknown>>;
  const texts = ["figure", "model", "measured_at"];
  const { environment } = result;
  return (
    texts.every((name) => typeof result[name] === "string") &&
    typeof environment === "object" &&
    environment !== null
  );
}

/** Writes results, each on a line of its own. */
export async function writeResults(path: string, figures: readonly FigureResult[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const lines = figures.map((figure) => JSON.stringify(figure)).join(",\n");
  await writeFile(path, `[\n${lines}\n]\n`);
}
