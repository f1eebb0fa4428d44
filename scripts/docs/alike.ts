import assert from "node:assert/strict";
import type { ShownOutput } from "./steps.ts";

/** How far a score may differ: int8 arithmetic is not the same on every processor. */
const scoreTolerance = 0.05;

/** Fields that are new in every run, or of the machine. */
const freshFields: ReadonlySet<string> = new Set([
  "id",
  "created",
  "time",
  "port",
  "workers",
  "threads",
  "inference_workers",
  "inference_threads",
  "ready_ms",
]);

/**
 * Throws an AssertionError unless what was printed is what a page shows: the same JSON, but for
 * scores that are nearly equal and for fields that are new each time, and otherwise the same text.
 */
export function assertAlike(actual: string, { text, layout }: ShownOutput): void {
  if (layout === "json" || isSpreadJson(text)) {
    assertAlikeJson(JSON.parse(actual), JSON.parse(text));
    return;
  }
  const [found, shown] = [linesOf(actual), linesOf(text)];
  if (layout === "any order") {
    assert.deepEqual(found.toSorted(), shown.toSorted());
    return;
  }
  assert.equal(found.length, shown.length, `expected:\n${text}\ngot:\n${actual}`);
  for (const [index, line] of shown.entries()) {
    const other = found[index] ?? "";
    if (/^\[?\{/.test(line)) assertAlikeJson(JSON.parse(other), JSON.parse(line));
    else assert.equal(other.replace(portHolder, ""), line.replace(portHolder, ""));
  }
}

/** The process that holds a port differs in every run, and not every system reports it. */
const portHolder = / by process \d+( \([^)]*\))?$/;

/** Whether `assertAlike` would pass. */
export function isAlike(actual: string, shown: ShownOutput): boolean {
  try {
    assertAlike(actual, shown);
    return true;
  } catch (error) {
    if (error instanceof assert.AssertionError || error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Whether a text is JSON over several lines, as `grpcurl` prints it. */
function isSpreadJson(text: string): boolean {
  return text.trimStart().startsWith("{\n");
}

function linesOf(text: string): string[] {
  return text.trim().split("\n");
}

function assertAlikeJson(actual: unknown, expected: unknown): void {
  if (typeof expected === "number" && !Number.isInteger(expected)) {
    assert(typeof actual === "number" && Math.abs(actual - expected) <= scoreTolerance);
  } else if (typeof expected === "object" && expected !== null) {
    assert(typeof actual === "object" && actual !== null);
    assert.deepEqual(Object.keys(actual), Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) {
      const found: unknown = (actual as Record<string, unknown>)[key];
      if (freshFields.has(key)) assert.equal(typeof found, typeof value);
      else assertAlikeJson(found, value);
    }
  } else assert.equal(actual, expected);
}
