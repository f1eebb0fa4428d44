import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Job,
  makeRows,
  offlinePython,
  rankWords,
  startJob,
  startSparkJob,
} from "../../../test/interop/offline/engines.ts";
import { round3, spread } from "../../statistics.ts";
import type { BenchContext, FigureGroup } from "../figure.ts";
import { startListProcess } from "./list-process.ts";

const msPerSecond = 1_000;
/** Cores that each engine has: processes of one thread. */
const cores = 2;
/** Rows that are ranked in no time, so that a job with them takes what every job takes to start. */
const fewRows = 4;
const files = 8;

/** A way to rank the rows of a folder of Parquet files. */
interface Engine {
  readonly contender: string;
  /** Starts a job that reads `source` and writes `target`, a name in `folder`. */
  start(source: string, target: string, folder: string): Job;
}

const enginesFor = (model: string): readonly Engine[] => [
  {
    contender: "DuckDB",
    start: (source, target) =>
      startJob("duckdb/rerank.py", [join(source, "*.parquet"), target, ...rankWords(model)]),
  },
  {
    contender: "Spark",
    start: (source, target, folder) =>
      startSparkJob([source, target, ...rankWords(model)], { executors: cores, folder }),
  },
  {
    contender: "Ray Data",
    start: (source, target) =>
      startJob("ray/rerank.py", [source, target, String(cores), ...rankWords(model)]),
  },
];

/**
 * Rows/s of the examples for other engines, beside one process with the same cores. The time that a job
 * takes to start is measured with a few rows, and taken off.
 */
export const offlineEngines: FigureGroup = {
  figures: ["offline_engines"],
  quick: false,
  async run(context) {
    if (!existsSync(offlinePython)) {
      context.log("offline_engines is left out: `npm run test:offline` installs the engines");
      return;
    }
    const folder = await mkdtemp(join(tmpdir(), "rerankd-engines-"));
    try {
      await measure(context, folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function measure(context: BenchContext, folder: string): Promise<void> {
  const { settings, model, log } = context;
  const [rows] = settings.soakDocuments;
  const [source, few] = [join(folder, "rows"), join(folder, "few")];
  await makeRows(source, rows, files);
  await makeRows(few, fewRows, fewRows);
  // DuckDB's job leaves the rows as lines.
  const lists = join(folder, "lines.lists.jsonl");
  const engines = enginesFor(model.folder);
  await timeJob(engines[0]?.start(source, join(folder, "lines"), folder));
  const lines = (await readFile(lists, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

  const rounds: Map<string, { readonly ms: number; readonly startMs: number }>[] = [];
  for (let round = 0; round < settings.rounds; round += 1) {
    const measured = new Map<string, { ms: number; startMs: number }>();
    const alone = startListProcess({
      root: context.root,
      modelFolder: model.folder,
      dtype: "auto",
      maxLength: model.maxLength,
      flags: ["--reproducible=on", "--spinning=off", `--workers=${cores}`],
    });
    const startMs = await alone.rank(lines.slice(0, fewRows), fewRows);
    measured.set("one process", { ms: await alone.rank(lines, lines.length), startMs });
    await alone.stop();
    for (const { contender, start } of engines) {
      const at = (name: string) => join(folder, `${contender}-${round}-${name}`);
      const fewMs = await timeJob(start(few, at("few"), folder));
      const allMs = await timeJob(start(source, at("all"), folder));
      measured.set(contender, { ms: allMs - fewMs, startMs: fewMs });
    }
    const told = [...measured].map(([name, { ms }]) => `${name} ${Math.round(ms)} ms`);
    log(`round ${round + 1}: ${told.join(", ")}`);
    rounds.push(measured);
  }
  for (const contender of rounds[0]?.keys() ?? []) {
    const medianOf = (read: (round: (typeof rounds)[number]) => number | undefined): number =>
      round3(spread(rounds.map((round) => read(round) ?? Number.NaN)).median);
    context.record({
      figure: "offline_engines",
      model: model.name,
      contender,
      ratio: medianOf(
        (round) => (round.get("one process")?.ms ?? Number.NaN) / (round.get(contender)?.ms ?? 0),
      ),
      rows,
      rows_per_second_per_core: medianOf(
        (round) => (rows * msPerSecond) / ((round.get(contender)?.ms ?? Number.NaN) * cores),
      ),
      start_ms: medianOf((round) => round.get(contender)?.startMs),
    });
  }
}

async function timeJob(job: Job | undefined): Promise<number> {
  const startedMs = performance.now();
  const code = await job?.ended;
  if (code !== 0) throw new Error(`the job ended with ${code}:\n${job?.stderr()}`);
  return performance.now() - startedMs;
}
