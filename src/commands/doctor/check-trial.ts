import type { EngineConfig } from "../../config/engine-config.ts";
import { openRanker } from "../open-ranker.ts";
import type { ProcessContext } from "../process-context.ts";
import { type Check, hintOf, messageOf } from "./check.ts";

const name = "a ranking";

/** The pair that the trial ranks, which every model can read. */
const trial = { query: "red fruit", documents: ["an apple", "a bus"], rawScores: true } as const;

/** Loads the model as `rerankd rank` does, and ranks two documents with it. */
export async function checkTrial(config: EngineConfig, context: ProcessContext): Promise<Check> {
  const startedMs = performance.now();
  try {
    const ranker = await openRanker({ server: undefined, engine: config }, context);
    const loadedMs = performance.now();
    try {
      const { results } = await ranker.rerank(trial, { signal: context.stop });
      const loading = seconds(loadedMs - startedMs);
      const ranking = seconds(performance.now() - loadedMs);
      const found = `loaded in ${loading}, ${results.length} documents ranked in ${ranking}`;
      return { name, state: "ok", found };
    } finally {
      await ranker.close();
    }
  } catch (error) {
    context.stop.throwIfAborted();
    return { name, state: "fault", found: messageOf(error), advice: hintOf(error) };
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
