import { join } from "node:path";
import {
  type BenchModel,
  findBenchModel,
  hashFile,
  isModelAtHand,
  onnxPathOf,
} from "./bench-model.ts";
import { readPassages } from "./corpus/passages.ts";
import { describeEnvironment } from "./environment.ts";
import { causal } from "./figures/causal/causal.ts";
import { contest } from "./figures/contest/contest.ts";
import { peers } from "./figures/contest/peers.ts";
import type { BenchContext, FigureGroup } from "./figures/figure.ts";
import { admission } from "./figures/load/admission.ts";
import { cores } from "./figures/load/cores.ts";
import { eventLoop } from "./figures/load/event-loop.ts";
import { mixed } from "./figures/load/mixed.ts";
import { overload } from "./figures/load/overload.ts";
import { scaling } from "./figures/load/scaling.ts";
import { models } from "./figures/models/models.ts";
import { modelsSwap } from "./figures/models/models-swap.ts";
import { offline } from "./figures/offline/offline.ts";
import { offlineEngines } from "./figures/offline/offline-engines.ts";
import { documentLengths } from "./figures/resources/lengths.ts";
import { memory } from "./figures/resources/memory.ts";
import { ready } from "./figures/resources/ready.ts";
import { resources } from "./figures/resources/resources.ts";
import { mergeFigures, type RecordedFigure, readResults, writeResults } from "./report/results.ts";
import { describeFigures } from "./report/terminal.ts";
import { writeReport } from "./report/write-report.ts";
import { checkNames, type Settings } from "./settings.ts";

/** The folder of the repository, and the functions that take the results and progress of a run. */
export interface BenchRun {
  /** The repository's folder. */
  readonly root: string;
  /** Takes the results. */
  print(text: string): void;
  /** Takes the progress. */
  log(text: string): void;
}

/** Everything that can be measured, in the order in which it is. */
const groups: readonly FigureGroup[] = [
  contest,
  peers,
  mixed,
  models,
  modelsSwap,
  eventLoop,
  ready,
  resources,
  documentLengths,
  scaling,
  cores,
  overload,
  admission,
  memory,
  offline,
  offlineEngines,
  causal,
];

const quickFigures = ["load_vs_bare", "latency_vs_bare", "mixed", "event_loop_p99_ms", "admission"];

/**
 * Measures what the settings ask for, prints one JSON line per figure and a table, and keeps the
 * results. Rejects if contenders on the same fp32 weights disagree, or a request fails.
 */
export async function runBench(settings: Settings, { root, print, log }: BenchRun): Promise<void> {
  const cache = join(root, ".cache", "bench");
  if (settings.reportOnly) {
    const lines = await writeReport(root, join(cache, "results.json"), settings);
    for (const line of lines) print(line);
    return;
  }
  const resultsPath = join(cache, settings.quick ? "quick.json" : "results.json");
  const wanted = new Set(chooseFigures(settings));
  const environment = await describeEnvironment(root);
  const passages = await readPassages(join(root, "..", "shared", "data"), settings.seed);
  log(`corpus: ${passages.source}`);
  const findModel = (name: string) => findBenchModel(name, { root, seed: settings.seed, log });
  const needsModel = groups.some(
    ({ figures, bringsModel }) => !bringsModel && figures.some((figure) => wanted.has(figure)),
  );
  const usual = needsModel ? await defaultModel(settings, root) : "bundled";
  const model = await findModel(settings.model ?? usual);
  log(`model: ${model.name} (${model.dtypes.join(", ")})`);

  const hashes = new Map<string, string>();
  const results: RecordedFigure[] = [];
  const context: BenchContext = {
    root,
    settings,
    model,
    passages,
    async findModel(name) {
      const found = await findModel(name);
      await keepHashes(found);
      return found;
    },
    log,
    record(result) {
      const known = hashes.get(`${result.model} ${result.dtype}`);
      const model_hash = known ?? String(result.model_hash ?? "");
      const { threads, rounds, seed } = settings;
      const figure: RecordedFigure = {
        rounds,
        ...result,
        model_hash,
        threads,
        seed,
        corpus: passages.source,
        measured_at: new Date().toISOString(),
        environment,
      };
      results.push(figure);
      print(JSON.stringify(figure));
    },
  };
  const keepHashes = async (known: BenchModel): Promise<void> => {
    for (const dtype of known.dtypes) {
      const key = `${known.name} ${dtype}`;
      if (!hashes.has(key)) hashes.set(key, await hashFile(await onnxPathOf(known, dtype)));
    }
  };
  await keepHashes(model);

  for (const group of groups) {
    if (!group.figures.some((figure) => wanted.has(figure))) continue;
    log(`measuring ${group.figures.filter((figure) => wanted.has(figure)).join(", ")}`);
    await group.run(context, wanted);
    await writeResults(resultsPath, mergeFigures(await readResults(resultsPath), results));
  }
  print(describeFigures(results));
}

function chooseFigures({ figures, quick }: Settings): readonly string[] {
  const all = groups.flatMap((group) => group.figures);
  if (figures.length === 0) return quick ? quickFigures : all;
  return checkNames("figure", figures, all);
}

async function defaultModel({ quick, seed }: Settings, root: string): Promise<string> {
  if (!quick) return "base";
  const log = () => {};
  return (await isModelAtHand("bundled", { root, seed, log })) ? "bundled" : "small";
}
