import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type BenchModel, fileMb, onnxPathOf } from "../../bench-model.ts";
import type { RunningContender } from "../../contenders/contender.ts";
import { createGuide } from "../../contenders/peers/guide.ts";
import { createRerankd } from "../../contenders/rerankd.ts";
import type { RerankCase } from "../../corpus/corpus.ts";
import { runClosedLoop } from "../../load/closed-loop.ts";
import { readProcessMemory } from "../../process/memory.ts";
import { median, round3 } from "../../statistics.ts";
import {
  type BenchContext,
  contenderContext,
  corpusOf,
  type FigureGroup,
  loadClients,
  loadCorpus,
  usualDocuments,
  withRunning,
} from "../figure.ts";
import { modelsToShow } from "./ready.ts";

/** How long after its start a contender counts as idle, in ms. */
const idleAfterMs = 1_000;

/**
 * The table that the installation guide ends with: what it takes to run, and how fast ten documents
 * are.
 */
export const resources: FigureGroup = {
  figures: ["resources"],
  quick: false,
  async run(context) {
    for (const model of await modelsToShow(context)) {
      const given = contenderContext(context, model);
      for (const dtype of model.dtypes) {
        const sizeMb = await fileMb(await onnxPathOf(model, dtype));
        const contender = createRerankd({ ...given, dtype });
        await measure(context, { model, sizeMb, contender });
      }
      if (!model.hasTorch || context.settings.without.includes("guide")) continue;
      const sizeMb = await fileMb(join(model.folder, "model.safetensors"));
      await measure(context, { model, sizeMb, contender: createGuide(given) }).catch((error) =>
        context.log(`the guide's script is left out: ${String(error)}`),
      );
    }
  },
};

async function measure(
  context: BenchContext,
  options: {
    readonly model: BenchModel;
    readonly sizeMb: number;
    readonly contender: ReturnType<typeof createRerankd>;
  },
): Promise<void> {
  const { contender, model, sizeMb } = options;
  const { rounds } = context.settings;
  const ten = { requests: 1, documentsPerRequest: usualDocuments, language: "ko" } as const;
  const notes = corpusOf(context, { ...ten, only: "note" });
  const passages = corpusOf(context, { ...ten, only: "passage" });
  await withRunning(
    () => contender.start(),
    async (running) => {
      await wait(idleAfterMs);
      const idle = memoryOf(running);
      const notesMs = await timeRequests(running, notes, rounds);
      const passagesMs = await timeRequests(running, passages, rounds);
      await runClosedLoop({
        rerank: running.rerank,
        requests: loadCorpus(context),
        clients: loadClients,
      });
      context.record({
        figure: "resources",
        model: model.name,
        dtype: contender.dtype,
        contender: contender.name,
        model_mb: sizeMb,
        start_ms: round3(running.server?.readyMs ?? Number.NaN),
        rss_idle_mb: idle.nowMb,
        rss_peak_mb: memoryOf(running).peakMb,
        ten_notes_ms: round3(notesMs),
        ten_passages_ms: round3(passagesMs),
      });
    },
  );
}

function memoryOf({ server }: RunningContender) {
  if (server === undefined) throw new Error("the contender has no process of its own");
  return readProcessMemory(server.pid);
}

async function timeRequests(
  { rerank }: RunningContender,
  requests: readonly RerankCase[],
  rounds: number,
): Promise<number> {
  const [request] = requests;
  if (request === undefined) throw new Error("there is no request");
  await rerank(request);
  const repeated = Array.from({ length: rounds }, () => request);
  return median((await runClosedLoop({ rerank, requests: repeated, clients: 1 })).latenciesMs);
}
