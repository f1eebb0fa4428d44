import { loadReranker } from "../../../src/index.ts";
import type { RerankCase } from "../../corpus/corpus.ts";
import { runClosedLoop } from "../../load/closed-loop.ts";
import { readProcessMemory } from "../../process/memory.ts";
import { median, round3, spread } from "../../statistics.ts";
import { type BenchContext, corpusOf, type FigureGroup, loadCorpus } from "../figure.ts";
import { type ListProcess, startListProcess } from "./list-process.ts";

/** Lists under way: as many as `rank --jsonl` has. */
const underWay = 64;
const msPerSecond = 1_000;
/** Short lists, of which memory sees many in a while. */
const documentsOfShortLists = 2;
const shortLists = 50;
/** How often memory is read, in ms; the median of a stage's second half counts. */
const sampleMs = 250;

/** The ways to rank lists in a process of its own. */
const contenders = [
  { contender: "rank --jsonl", flags: [] },
  { contender: "rank --jsonl --reproducible on", flags: ["--reproducible=on"] },
] as const;

/** How fast lists are ranked by a process that reads and writes lines, and whether it grows. */
export const offline: FigureGroup = {
  figures: ["offline", "offline_rss"],
  quick: false,
  async run(context, wanted) {
    if (wanted.has("offline")) await measureSpeed(context);
    if (wanted.has("offline_rss")) await measureMemory(context);
  },
};

async function measureSpeed(context: BenchContext): Promise<void> {
  const { settings, model, log } = context;
  const dtype = model.autoDtype;
  const corpus = loadCorpus(context);
  const engine = await loadReranker({ model: model.folder, dtype, ...withoutLimits(context) });
  const processes = contenders.map(({ flags }) => startLists(context, flags));
  const runEngine = async (requests: readonly RerankCase[]): Promise<number> => {
    const rerank = async (request: RerankCase) => {
      await engine.rerank(request);
      return [];
    };
    return (await runClosedLoop({ rerank, requests, clients: underWay })).elapsedMs;
  };
  try {
    // The first runs load, and learn what runs cost.
    await runEngine(corpus);
    const warmMs = await runEngine(corpus);
    for (const process of processes) await process.rank(corpus, corpus.length);
    const repeats = Math.max(1, Math.round(settings.roundMs / warmMs));
    const lists = Array.from({ length: repeats }, () => corpus).flat();
    const documents = lists.reduce((sum, list) => sum + list.documents.length, 0);
    const rounds: { readonly engineMs: number; readonly processMs: readonly number[] }[] = [];
    for (let round = 0; round < settings.rounds; round += 1) {
      const engineMs = await runEngine(lists);
      const processMs: number[] = [];
      for (const process of processes) processMs.push(await process.rank(lists, lists.length));
      rounds.push({ engineMs, processMs });
      log(
        `round ${round + 1}: engine ${Math.round(engineMs)} ms, lines ${processMs.map(Math.round)}`,
      );
    }
    const rateOf = (ms: number): number => (documents * msPerSecond) / ms;
    for (const [at, { contender }] of contenders.entries()) {
      const msOf = ({ processMs }: (typeof rounds)[number]): number => processMs[at] ?? Number.NaN;
      context.record({
        figure: "offline",
        model: model.name,
        dtype,
        contender,
        ratio: round3(spread(rounds.map((round) => round.engineMs / msOf(round))).median),
        documents_per_second: round3(spread(rounds.map((round) => rateOf(msOf(round)))).median),
        engine_documents_per_second: round3(
          spread(rounds.map(({ engineMs }) => rateOf(engineMs))).median,
        ),
        lists: lists.length,
      });
    }
  } finally {
    await engine.close();
    for (const process of processes) await process.stop();
  }
}

async function measureMemory(context: BenchContext): Promise<void> {
  const { settings, model, log } = context;
  const [first, last] = settings.soakDocuments;
  const lists = corpusOf(context, {
    requests: shortLists,
    documentsPerRequest: documentsOfShortLists,
    only: "note",
  });
  const process = startLists(context, []);
  const readings: { readonly lists: number; readonly rssMb: number; readonly ms: number }[] = [];
  try {
    // What loads, and learns what runs cost, is not part of the rate that the rest is predicted by.
    await process.rank(repeat(lists, shortLists), shortLists);
    let sent = 0;
    let ms = 0;
    for (let goal = first; goal <= last; goal *= 10) {
      const samples: number[] = [];
      const sampling = setInterval(() => {
        samples.push(readProcessMemory(process.pid).nowMb);
      }, sampleMs);
      ms += await process.rank(repeat(lists, goal - sent), goal - sent).finally(() => {
        clearInterval(sampling);
      });
      sent = goal;
      // Between two collections of garbage it moves by a tenth.
      const rssMb = Math.round(median(samples.slice(samples.length >> 1)));
      readings.push({ lists: sent, rssMb, ms });
      log(`after ${sent} lists: ${rssMb} MB`);
    }
  } finally {
    await process.stop();
  }
  const [from, to] = [readings[0], readings.at(-1)];
  if (from === undefined || to === undefined) return;
  const predictedMs = (from.ms * to.lists) / from.lists;
  context.record({
    figure: "offline_rss",
    model: model.name,
    dtype: model.autoDtype,
    ratio: round3(to.rssMb / from.rssMb),
    first_lists: from.lists,
    first_rss_mb: from.rssMb,
    last_lists: to.lists,
    last_rss_mb: to.rssMb,
    pairs: to.lists * documentsOfShortLists,
    measured_s: round3(to.ms / msPerSecond),
    predicted_s: round3(predictedMs / msPerSecond),
    measured_to_predicted: round3(to.ms / predictedMs),
    readings: readings.map(({ lists, rssMb }) => `${lists}: ${rssMb} MB`).join(", "),
  });
}

function startLists({ root, model }: BenchContext, flags: readonly string[]): ListProcess {
  const { folder: modelFolder, maxLength, autoDtype: dtype } = model;
  return startListProcess({ root, modelFolder, dtype, maxLength, flags });
}

/** The engine as the process has it. */
function withoutLimits({ model }: BenchContext) {
  const most = 2 ** 31 - 1;
  return { maxLength: model.maxLength, maxQueueTokens: most, maxQueueMs: 2_000_000_000 };
}

function* repeat(lists: readonly RerankCase[], count: number): Generator<RerankCase> {
  for (let at = 0; at < count; at += 1) yield lists[at % lists.length] as RerankCase;
}
