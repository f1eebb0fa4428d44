import type { Contender, RunningContender } from "../../contenders/contender.ts";
import type { RerankCase } from "../../corpus/corpus.ts";
import { runClosedLoop } from "../../load/closed-loop.ts";
import { createRandom, shuffle } from "../../random.ts";
import { median } from "../../statistics.ts";
import { isBare, measureBareRate, scoreAll, tuneFor } from "./contest-rounds.ts";

/** Requests in flight where this figure speaks of load. */
export const peerClients = 4;

/** A contender of this figure. */
export interface Peer {
  readonly contender: Contender;
  /** `own`: this project's server and the runtime under it, which must run. */
  readonly kind: "own" | "server" | "runtime";
}

/** What is asked of every contender. */
export interface PeerCorpora {
  /** Requests of ten documents of mixed lengths, sent by several clients. */
  readonly load: readonly RerankCase[];
  /** Requests of ten documents of 100 tokens, sent one after the other. */
  readonly short: readonly RerankCase[];
  /** One request of a hundred documents of mixed lengths. */
  readonly large: RerankCase;
}

/** What the rounds measured of one contender; lists have one entry a round. */
export interface PeerRecord {
  readonly name: string;
  readonly dtype: string;
  readonly kind: Peer["kind"];
  readonly documentsPerSecond: number[];
  /** Median time of the short requests, in ms. */
  readonly shortMs: number[];
  /** Time of the large request, in s. */
  readonly largeSeconds: number[];
  /** Logits of the requests of load, by request and document. */
  readonly scores: readonly (readonly number[])[];
}

/** A contender that was not measured to the end. */
export interface LeftOut {
  readonly name: string;
  readonly dtype: string;
  readonly reason: string;
}

/** How to measure. */
export interface PeerRoundsOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Looks at the scores before the rounds, and throws if they are wrong. */
  check(records: readonly PeerRecord[]): void;
  log(text: string): void;
}

/** A contender that runs, and its record. */
interface Entrant {
  readonly peer: Peer;
  readonly running: RunningContender;
  readonly record: PeerRecord;
}

/** Documents that runtimes try their ways with. */
const tunedDocuments = 40;

/**
 * Starts every contender, lets each score the requests of load once, then measures them in turn, in
 * another order each round. A peer that does not start, or fails later, is left out with its reason;
 * rejects if one of this project's own does.
 */
export async function runPeerRounds(
  peers: readonly Peer[],
  corpora: PeerCorpora,
  { rounds, seed, check, log }: PeerRoundsOptions,
): Promise<{ readonly records: readonly PeerRecord[]; readonly leftOut: readonly LeftOut[] }> {
  const entrants: Entrant[] = [];
  const leftOut: LeftOut[] = [];

  /** Returns what `work` does, or leaves the peer out. */
  async function attempt<T>(
    { kind, contender: { name, dtype } }: Peer,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (kind === "own") throw error;
      const reason = error instanceof Error ? error.message : String(error);
      leftOut.push({ name, dtype, reason });
      log(`${name} is left out: ${reason}`);
      return undefined;
    }
  }

  try {
    for (const peer of peers) {
      log(`starting ${peer.contender.name}`);
      const entrant = await attempt(peer, () => enter(peer, corpora, log));
      if (entrant) entrants.push(entrant);
    }
    check(entrants.map(({ record }) => record));
    const random = createRandom(seed);
    for (let round = 1; round <= rounds; round += 1) {
      for (const entrant of shuffle(random, entrants)) {
        const measured = await attempt(entrant.peer, async () => {
          await runRound(entrant, corpora);
          return true;
        });
        if (measured) continue;
        entrants.splice(entrants.indexOf(entrant), 1);
        await entrant.running.stop();
      }
      const rates = entrants.map(
        ({ record }) => `${record.name} ${record.documentsPerSecond.at(-1)?.toFixed(1)}`,
      );
      log(`round ${round}, documents/s: ${rates.join(", ")}`);
    }
    return { records: entrants.map(({ record }) => record), leftOut };
  } finally {
    for (const { running } of entrants) await running.stop();
  }
}

async function enter(
  peer: Peer,
  { load }: PeerCorpora,
  log: (text: string) => void,
): Promise<Entrant> {
  const { contender, kind } = peer;
  const { name, dtype } = contender;
  const running = await contender.start();
  try {
    // Before it scores: in a graph that quantizes activations, a batch's rows change each other's scores.
    if (isBare(running)) log(`${name} is fastest ${await tuneFor(running, load, tunedDocuments)}`);
    const scores = await scoreAll(running, load);
    const lists = { documentsPerSecond: [], shortMs: [], largeSeconds: [] };
    return { peer, running, record: { name, dtype, kind, scores, ...lists } };
  } catch (cause) {
    await running.stop();
    throw new Error(`it could not score the corpus: ${messageOf(cause)}`, { cause });
  }
}

async function runRound(
  { running, record }: Entrant,
  { load, short, large }: PeerCorpora,
): Promise<void> {
  const { rerank } = running;
  const documentsPerSecond = isBare(running)
    ? await measureBareRate(running, load)
    : (await runClosedLoop({ rerank, requests: load, clients: peerClients })).documentsPerSecond;
  const alone = await runClosedLoop({ rerank, requests: short, clients: 1 });
  const { elapsedMs } = await runClosedLoop({ rerank, requests: [large], clients: 1 });
  record.documentsPerSecond.push(documentsPerSecond);
  record.shortMs.push(median(alone.latenciesMs));
  record.largeSeconds.push(elapsedMs / 1000);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
