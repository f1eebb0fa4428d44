import type { RecordedFigure } from "./results.ts";

export async function writeReport(_root: string, _figures: readonly RecordedFigure[]): Promise<void> {}
