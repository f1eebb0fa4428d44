/** The result of a check: `skipped` where there was nothing to look at. */
export type CheckState = "ok" | "warning" | "fault" | "skipped";

/** One check, its result, and what to do about it. */
export interface Check {
  readonly name: string;
  readonly state: CheckState;
  /** What was found, in one sentence without an end stop. */
  readonly found: string;
  /** What to do; absent where there is nothing to do. */
  readonly advice?: string | undefined;
}

/** Returns what an error says, for `found`. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Returns what an error says to do, for `advice`. */
export function hintOf(error: unknown): string | undefined {
  return error instanceof Error && "hint" in error && typeof error.hint === "string"
    ? error.hint
    : undefined;
}
