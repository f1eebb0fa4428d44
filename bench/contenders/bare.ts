import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { openModel } from "../../src/models/open-model.ts";
import type { DtypeChoice } from "../../src/models/weights/pick-weights.ts";
import { createTokenizer } from "../../src/tokenizer/hf-tokenizer.ts";
import type { Encoding } from "../../src/tokenizer/tokenizer.ts";
import type { RerankCase } from "../corpus/corpus.ts";
import type { BareAnswer, BareRequest, BareSessionOptions } from "./bare-worker.ts";
import { type Cell, cellsOf, nameOfCell } from "./cells.ts";
import type { Contender, ContenderContext, RunningContender } from "./contender.ts";

/**
 * The runtime alone: no server, no queue, only threads that compute what is ready. What a server can
 * at best reach.
 */
export interface Bare extends RunningContender {
  encode(request: RerankCase): Promise<Encoding[]>;
  /**
   * Returns one logit per encoding, in their order. Runs the longest first, in batches of equal
   * length, so nothing is padded, and of no more than a thread's share of the tokens.
   */
  run(encodings: readonly Encoding[]): Promise<number[]>;
  /**
   * Tries ways to run these encodings, one after the other: batches first, then how the cores are
   * divided. Stays with the fastest, and returns its description.
   */
  tune(encodings: readonly Encoding[]): Promise<string>;
}

/** How to open the runtime. */
export interface BareOptions extends ContenderContext {
  readonly dtype: string;
}

/** A way to run the graph. */
interface Way extends Cell {
  /** Whether threads that wait keep their core busy. */
  readonly spinning: boolean;
  /** Most tokens of one batch of equal lengths; 1: one document at a time. */
  readonly maxBatchTokens: number;
}

/** Ways to run batches, which `tune` tries first. */
const batchWays = [
  { spinning: true, maxBatchTokens: 1024 },
  { spinning: true, maxBatchTokens: 1 },
  { spinning: false, maxBatchTokens: 1 },
  { spinning: false, maxBatchTokens: 1024 },
] as const;

/** Creates a contender that computes in threads of the benchmark's own process. */
export function createBare(options: BareOptions): Contender {
  return { name: `bare ${options.dtype}`, dtype: options.dtype, start: () => openBare(options) };
}

/**
 * Opens the model's graph with the runtime's own defaults, but for sessions, their threads and what
 * `tune` finds to be faster.
 */
async function openBare(options: BareOptions): Promise<Bare> {
  const { modelFolder, maxLength } = options;
  const choice = { dtype: options.dtype as DtypeChoice, device: "cpu" } as const;
  const model = await openModel({ name: "bench", directory: modelFolder, ...choice });
  const { padTokenId } = model.config;
  const tokenizer = await createTokenizer({ path: model.tokenizerPath, padTokenId });
  const open = (next: Way) => openThreads(model.onnxPath, next);
  const [allInOne, ...others] = cellsOf(options.threads);
  let way: Way = { ...allInOne, ...batchWays[0] };
  let threads = await open(way);

  async function run(encodings: readonly Encoding[]): Promise<number[]> {
    const logits = new Array<number>(encodings.length).fill(Number.NaN);
    const tokens = encodings.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
    const share = Math.ceil(tokens / way.workers);
    const groups = equalLengthBatches(encodings, Math.min(way.maxBatchTokens, share));
    const batches = groups.map(({ batch }) => batch);
    const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const answers = await Promise.all(threads.map((thread) => ask(thread, { batches, next })));
    for (const [at, data] of answers.flat()) {
      for (const [row, index] of groups[at]?.indexes.entries() ?? []) {
        logits[index] = data[row] ?? Number.NaN;
      }
    }
    return logits;
  }

  async function change(next: Way): Promise<void> {
    const { spinning, workers, threads: each } = way;
    if (next.spinning !== spinning || next.workers !== workers || next.threads !== each) {
      await closeThreads(threads);
      threads = await open(next);
    }
    way = next;
  }

  /** Stays with the fastest of these ways. */
  async function choose(ways: readonly Way[], encodings: readonly Encoding[]): Promise<void> {
    const timed: { readonly way: Way; readonly ms: number }[] = [];
    for (const candidate of ways) {
      await change(candidate);
      await run(encodings.slice(0, warmUpEncodings));
      for (let time = 0; time < timings; time += 1) {
        const startedMs = performance.now();
        await run(encodings);
        timed.push({ way: candidate, ms: performance.now() - startedMs });
      }
    }
    const [fastest] = timed.sort((one, other) => one.ms - other.ms);
    if (fastest) await change(fastest.way);
  }

  const encode = ({ query, documents }: RerankCase) =>
    tokenizer.encodePairs(query, documents, { maxLength });
  return {
    encode,
    run,
    rerank: async (request) => run(await encode(request)),
    stop: () => closeThreads(threads),
    async tune(encodings) {
      await choose(
        batchWays.map((batchWay) => ({ ...allInOne, ...batchWay })),
        encodings,
      );
      const present = way;
      await choose([present, ...others.map((cell) => ({ ...present, ...cell }))], encodings);
      await run(encodings.slice(0, warmUpEncodings));
      const batches =
        way.maxBatchTokens === 1
          ? "one document"
          : `up to ${way.maxBatchTokens} tokens of equal lengths`;
      return `${nameOfCell(way)} threads, ${way.spinning ? "spinning" : "not spinning"}, ${batches} at a time`;
    },
  };
}

/** How often each way is timed; the fastest time counts, as a neighbour on the machine only slows down. */
const timings = 2;

/** Encodings that are run after a session was opened, before anything is timed. */
const warmUpEncodings = 8;

/** The extension is `.js` after the build. */
const workerUrl = new URL(`./bare-worker${extname(import.meta.url)}`, import.meta.url);

/** Opens the graph once in each of several threads, because a session blocks the one it runs in. */
async function openThreads(
  path: string,
  { workers, threads, spinning }: Way,
): Promise<readonly Worker[]> {
  const workerData: BareSessionOptions = { path, threads, spinning };
  const opened = Array.from({ length: workers }, () => new Worker(workerUrl, { workerData }));
  await Promise.all(opened.map((thread) => once(thread, "message")));
  return opened;
}

async function ask(
  thread: Worker,
  work: Omit<Extract<BareRequest, { type: "run" }>, "type">,
): Promise<BareAnswer> {
  const answered = once(thread, "message");
  thread.postMessage({ type: "run", ...work } satisfies BareRequest);
  const [answer] = await answered;
  return answer;
}

async function closeThreads(threads: readonly Worker[]): Promise<void> {
  const ended = threads.map((thread) => once(thread, "exit"));
  for (const thread of threads) thread.postMessage({ type: "close" } satisfies BareRequest);
  await Promise.all(ended);
}

interface Batch {
  readonly batch: readonly Encoding[];
  /** Where each came from. */
  readonly indexes: readonly number[];
}

/**
 * Groups encodings of equal length, the longest first; a group has one at least and at most
 * `maxBatchTokens` tokens.
 */
export function equalLengthBatches(
  encodings: readonly Encoding[],
  maxBatchTokens: number,
): Batch[] {
  const lengthOf = (index: number) => encodings[index]?.inputIds.length ?? 0;
  const order = [...encodings.keys()].sort((a, b) => lengthOf(b) - lengthOf(a));
  const groups: number[][] = [];
  for (const index of order) {
    const group = groups.at(-1);
    const length = lengthOf(index);
    const fits =
      group?.[0] !== undefined &&
      lengthOf(group[0]) === length &&
      (group.length + 1) * length <= maxBatchTokens;
    if (fits) group.push(index);
    else groups.push([index]);
  }
  return groups.map((indexes) => ({
    indexes,
    batch: indexes.flatMap((index) => encodings[index] ?? []),
  }));
}
