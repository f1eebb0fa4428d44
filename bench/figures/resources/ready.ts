import type { BenchModel } from "../../bench-model.ts";
import { startRerankd } from "../../contenders/rerankd.ts";
import { readCpuMs } from "../../process/cpu.ts";
import { readProcessMemory } from "../../process/memory.ts";
import { median, medianRatio, round3, spread } from "../../statistics.ts";
import { type BenchContext, contenderContext, type FigureGroup, withRunning } from "../figure.ts";

/** Fewest pairs of starts with and without the page: they differ by less than single starts do. */
const minPairs = 7;

/** How long a start takes until the model has answered, and what the page adds to it. */
export const ready: FigureGroup = {
  figures: ["ready_ms", "ready_with_page"],
  quick: false,
  async run(context, wanted) {
    const models = await modelsToShow(context);
    if (wanted.has("ready_ms")) {
      for (const model of models) await measureStarts(context, model);
    }
    const [smallest] = models;
    if (wanted.has("ready_with_page") && smallest) await measurePage(context, smallest);
  },
};

/** One start: how long it took until the server was ready, and what the process had used by then. */
interface Start {
  readonly readyMs: number;
  /** Processor time, which a busy machine does not stretch as it does `readyMs`. */
  readonly cpuMs: number;
  readonly rssMb: number;
}

async function startOnce(
  context: BenchContext,
  model: BenchModel,
  flags: readonly string[] = [],
): Promise<Start> {
  const given = contenderContext(context, model);
  return await withRunning(
    () => startRerankd({ ...given, dtype: model.autoDtype, flags }),
    async ({ server }) => {
      if (server === undefined) throw new Error("the server has no process of its own");
      const cpuMs = readCpuMs(server.pid);
      return { readyMs: server.readyMs, cpuMs, rssMb: readProcessMemory(server.pid).nowMb };
    },
  );
}

async function measureStarts(context: BenchContext, model: BenchModel): Promise<void> {
  const starts: Start[] = [];
  for (let round = 0; round < context.settings.rounds; round += 1) {
    starts.push(await startOnce(context, model));
  }
  const { median: middle, min, max } = spread(starts.map(({ readyMs }) => readyMs));
  context.record({
    figure: "ready_ms",
    model: model.name,
    dtype: model.autoDtype,
    ready_ms: round3(middle),
    min_ms: round3(min),
    max_ms: round3(max),
    rss_mb: median(starts.map(({ rssMb }) => rssMb)),
  });
}

/** Starts with the page and without it in turns, each first as often as the other. */
async function measurePage(context: BenchContext, model: BenchModel): Promise<void> {
  const rounds = Math.max(minPairs, context.settings.rounds);
  const starts: Record<"on" | "off", Start[]> = { on: [], off: [] };
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? (["on", "off"] as const) : (["off", "on"] as const);
    for (const ui of order) starts[ui].push(await startOnce(context, model, [`--ui=${ui}`]));
  }
  const valuesOf = (ui: "on" | "off", field: keyof Start) => starts[ui].map((one) => one[field]);
  const ratioOf = (field: keyof Start) =>
    round3(medianRatio(valuesOf("on", field), valuesOf("off", field)));
  const medianOf = (ui: "on" | "off", field: keyof Start) => round3(median(valuesOf(ui, field)));
  context.record({
    figure: "ready_with_page",
    model: model.name,
    dtype: model.autoDtype,
    rounds,
    ratio: ratioOf("readyMs"),
    with_page_ms: medianOf("on", "readyMs"),
    without_page_ms: medianOf("off", "readyMs"),
    cpu_ratio: ratioOf("cpuMs"),
    with_page_cpu_ms: medianOf("on", "cpuMs"),
    without_page_cpu_ms: medianOf("off", "cpuMs"),
    with_page_rss_mb: medianOf("on", "rssMb"),
    without_page_rss_mb: medianOf("off", "rssMb"),
  });
}

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
