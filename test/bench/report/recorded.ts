import type { Environment } from "../../../bench/environment.ts";
import type { FigureResult, RecordedFigure } from "../../../bench/report/results.ts";

/** Two machines of tests. */
export const machineA: Environment = {
  cpu: "A",
  cores: 2,
  memory_gb: 8,
  platform: "linux x64",
  versions: { rerankd: "1.0.0", node: "20.0.0" },
};
export const machineB: Environment = { ...machineA, cpu: "B", cores: 4 };

/** Returns a result as a run on machine A records it, with what is given in place. */
export function recorded(
  result: Partial<RecordedFigure> & Pick<FigureResult, "figure">,
): RecordedFigure {
  return {
    model: "base",
    dtype: "int8",
    model_hash: "aa11",
    threads: 2,
    rounds: 5,
    seed: 1,
    corpus: "real passages",
    measured_at: "2026-01-02T03:04:05.678Z",
    environment: machineA,
    ...result,
  };
}
