import type { BenchModel } from "../bench-model.ts";
import { startRerankd } from "../contenders/rerankd.ts";
import { round3, spread } from "../statistics.ts";
import { type BenchContext, contenderContext, type FigureGroup, withRunning } from "./figure.ts";

/** How long a start takes until the model has answered. */
export const ready: FigureGroup = {
  figures: ["ready_ms"],
  quick: false,
  async run(context) {
    for (const model of await modelsToShow(context)) {
      const dtype = model.autoDtype;
      const times: number[] = [];
      for (let round = 0; round < context.settings.rounds; round += 1) {
        const given = contenderContext(context, model);
        times.push(
          await withRunning(
            () => startRerankd({ ...given, dtype }),
            async ({ server }) => server?.readyMs ?? Number.NaN,
          ),
        );
      }
      const { median, min, max } = spread(times);
      context.record({
        figure: "ready_ms",
        model: model.name,
        dtype,
        ready_ms: round3(median),
        min_ms: round3(min),
        max_ms: round3(max),
      });
    }
  },
};

/** Returns the bundled model, where there is one, and the one that is measured with. */
export async function modelsToShow(context: BenchContext): Promise<BenchModel[]> {
  const { model, log } = context;
  if (model.name === "bundled") return [model];
  try {
    return [await context.findModel("bundled"), model];
  } catch (error) {
    log(`the bundled model is left out: ${error instanceof Error ? error.message : String(error)}`);
    return [model];
  }
}
