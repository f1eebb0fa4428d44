import type { Encoding } from "../../../src/tokenizer/tokenizer.ts";
import type { Bare } from "../../contenders/bare.ts";
import type { Contender, RunningContender } from "../../contenders/contender.ts";
import type { RerankCase } from "../../corpus/corpus.ts";
import { runClosedLoop } from "../../load/closed-loop.ts";
import { createRandom, shuffle } from "../../random.ts";
import { quantile, round3 } from "../../statistics.ts";
import { type BenchContext, loadClients } from "../figure.ts";

/** What the rounds measured of one contender; lists have one entry a round. */
export interface ContenderRecord {
  readonly name: string;
  readonly dtype: string;
  readonly documentsPerSecond: number[];
  /** Latencies at load, of every round together. */
  readonly loadLatenciesMs: number[];
  /** Latencies of one client alone. */
  readonly soloLatenciesMs: number[][];
  /** Logits by request and document. */
  readonly scores: readonly (readonly number[])[];
}

/** A contender that runs, and its record. */
interface Entrant {
  readonly running: RunningContender;
  readonly record: ContenderRecord;
}

/** Most repetitions of the corpus in a round. */
const maxRepeats = 50;

/**
 * Starts every contender, lets each score the corpus once, then loads them in turn, in another
 * order each round. A contender that does not start is left out with a word. Rejects if a request
 * fails.
 */
export async function runContest(
  context: BenchContext,
  contenders: readonly Contender[],
  corpus: readonly RerankCase[],
): Promise<ContenderRecord[]> {
  const { settings, log } = context;
  const entrants: Entrant[] = [];
  try {
    for (const contender of contenders) {
      const running = await startOrExplain(contender, log);
      if (running) entrants.push(await enter(context, contender, running, corpus));
    }
    const [first] = entrants;
    if (first && isBare(first.running)) {
      recordCorpus(context, await encodeAll(first.running, corpus));
    }
    const repeats = await chooseRepeats(entrants, corpus, settings.roundMs);
    log(
      `${settings.rounds} rounds of ${repeats * corpus.length} requests and ${settings.probes} alone`,
    );
    const random = createRandom(settings.seed);
    for (let round = 1; round <= settings.rounds; round += 1) {
      for (const entrant of shuffle(random, entrants)) {
        await runRound(entrant, corpus, { repeats, probes: settings.probes });
      }
      const rates = entrants.map(
        ({ record }) => `${record.name} ${record.documentsPerSecond.at(-1)?.toFixed(1)}`,
      );
      log(`round ${round}, documents/s: ${rates.join(", ")}`);
    }
    return entrants.map(({ record }) => record);
  } finally {
    for (const { running } of entrants) await running.stop();
  }
}

function recordCorpus(context: BenchContext, encodings: readonly Encoding[]): void {
  const tokens = encodings.map(({ inputIds }) => inputIds.length);
  context.record({
    figure: "corpus",
    model: context.model.name,
    documents: tokens.length,
    mean_tokens: round3(tokens.reduce((sum, one) => sum + one, 0) / tokens.length),
    p10_tokens: Math.round(quantile(tokens, 0.1)),
    p50_tokens: Math.round(quantile(tokens, 0.5)),
    p90_tokens: Math.round(quantile(tokens, 0.9)),
    cut_documents: encodings.filter(({ documentTruncated }) => documentTruncated).length,
  });
}

async function startOrExplain(
  contender: Contender,
  log: (text: string) => void,
): Promise<RunningContender | undefined> {
  try {
    log(`starting ${contender.name}`);
    return await contender.start();
  } catch (error) {
    if (contender.name.startsWith("rerankd") || contender.name.startsWith("bare")) throw error;
    log(`${contender.name} is left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function enter(
  { log }: BenchContext,
  { name, dtype }: Contender,
  running: RunningContender,
  corpus: readonly RerankCase[],
): Promise<Entrant> {
  try {
    // Before it scores: in a graph that quantizes activations, a batch's rows change each other's scores.
    if (isBare(running)) log(`${name} is fastest ${await tuneFor(running, corpus)}`);
    const scores = await scoreAll(running, corpus);
    const lists = { documentsPerSecond: [], loadLatenciesMs: [], soloLatenciesMs: [] };
    return { running, record: { name, dtype, scores, ...lists } };
  } catch (cause) {
    await running.stop();
    throw new Error(`${name} could not score the corpus`, { cause });
  }
}

/**
 * Lets the runtime alone find the fastest way for these requests, or for as many documents of them.
 * Resolves to its description.
 */
export async function tuneFor(
  bare: Bare,
  requests: readonly RerankCase[],
  documents = Number.POSITIVE_INFINITY,
): Promise<string> {
  return await bare.tune((await encodeAll(bare, requests)).slice(0, documents));
}

/** Returns the scores of each request, which are asked for one after the other. */
export async function scoreAll(
  { rerank }: RunningContender,
  requests: readonly RerankCase[],
): Promise<(readonly number[])[]> {
  const scores: (readonly number[])[] = [];
  for (const request of requests) scores.push(await rerank(request));
  return scores;
}

async function encodeAll(bare: Bare, requests: readonly RerankCase[]): Promise<Encoding[]> {
  return (await Promise.all(requests.map(bare.encode))).flat();
}

async function chooseRepeats(
  entrants: readonly Entrant[],
  corpus: readonly RerankCase[],
  roundMs: number,
): Promise<number> {
  const fastest = entrants.find(({ running }) => isBare(running)) ?? entrants[0];
  if (fastest === undefined) throw new Error("no contender runs");
  const startedMs = performance.now();
  for (const request of corpus) await fastest.running.rerank(request);
  const repeats = Math.ceil(roundMs / (performance.now() - startedMs));
  return Math.min(maxRepeats, Math.max(1, repeats));
}

async function runRound(
  { running, record }: Entrant,
  corpus: readonly RerankCase[],
  { repeats, probes }: { readonly repeats: number; readonly probes: number },
): Promise<void> {
  const requests = Array.from({ length: repeats }, () => corpus).flat();
  if (isBare(running)) {
    record.documentsPerSecond.push(await measureBareRate(running, requests));
  } else {
    const { rerank } = running;
    const load = await runClosedLoop({ rerank, requests, clients: loadClients });
    record.documentsPerSecond.push(load.documentsPerSecond);
    record.loadLatenciesMs.push(...load.latenciesMs);
  }
  const alone = Array.from({ length: probes }, (_, index) => corpus[index % corpus.length] ?? []);
  const solo = await runClosedLoop({
    rerank: running.rerank,
    requests: alone.flat(),
    clients: 1,
  });
  record.soloLatenciesMs.push([...solo.latenciesMs]);
}

/** Documents a second of the runtime alone: the encodings are ready, and the order is its own. */
export async function measureBareRate(
  bare: Bare,
  requests: readonly RerankCase[],
): Promise<number> {
  const encodings = await encodeAll(bare, requests);
  const startedMs = performance.now();
  await bare.run(encodings);
  return (encodings.length / (performance.now() - startedMs)) * 1000;
}

/** Whether it is a runtime alone, which takes encodings. */
export function isBare(running: RunningContender): running is Bare {
  return "encode" in running;
}
