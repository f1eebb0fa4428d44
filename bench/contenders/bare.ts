import { InferenceSession, Tensor } from "onnxruntime-node";
import { openModel } from "../../src/models/open-model.ts";
import type { DtypeChoice } from "../../src/models/weights/pick-weights.ts";
import { createTokenizer } from "../../src/tokenizer/hf-tokenizer.ts";
import type { Encoding } from "../../src/tokenizer/tokenizer.ts";
import type { RerankCase } from "../corpus.ts";
import type { Contender, ContenderContext, RunningContender } from "./contender.ts";

/** The runtime alone: no server, no queue, no thread between. What a server can at best reach. */
export interface Bare extends RunningContender {
  encode(request: RerankCase): Promise<Encoding[]>;
  /**
   * Returns one logit per encoding, in their order. Runs the longest first, in batches of equal
   * length, so nothing is padded.
   */
  run(encodings: readonly Encoding[]): Promise<number[]>;
  /**
   * Tries every way to run these encodings, stays with the fastest, and returns its description.
   */
  tune(encodings: readonly Encoding[]): Promise<string>;
}

/** How to open the runtime. */
export interface BareOptions extends ContenderContext {
  readonly dtype: string;
}

/** A way to run the graph. */
interface Way {
  /** Whether threads that wait keep their core busy. */
  readonly spinning: boolean;
  /** Most tokens of one batch of equal lengths; 1: one document at a time. */
  readonly maxBatchTokens: number;
}

/** What `tune` tries; the first is used until then. */
const ways: readonly [Way, ...Way[]] = [
  { spinning: true, maxBatchTokens: 1024 },
  { spinning: true, maxBatchTokens: 1 },
  { spinning: false, maxBatchTokens: 1 },
  { spinning: false, maxBatchTokens: 1024 },
];

/** Creates a contender that computes in the benchmark's own process. */
export function createBare(options: BareOptions): Contender {
  return { name: `bare ${options.dtype}`, dtype: options.dtype, start: () => openBare(options) };
}

/**
 * Opens the model's graph with the runtime's own defaults, but for the number of threads and what
 * `tune` finds to be faster.
 */
export async function openBare(options: BareOptions): Promise<Bare> {
  const { modelFolder, maxLength } = options;
  const choice = { dtype: options.dtype as DtypeChoice, device: "cpu" } as const;
  const model = await openModel({ name: "bench", directory: modelFolder, ...choice });
  const { padTokenId } = model.config;
  const tokenizer = await createTokenizer({ path: model.tokenizerPath, padTokenId });
  const open = ({ spinning }: Way) => openGraph(model.onnxPath, options.threads, spinning);
  let [way] = ways;
  let session = await open(way);

  async function run(encodings: readonly Encoding[]): Promise<number[]> {
    const logits = new Array<number>(encodings.length).fill(Number.NaN);
    for (const { indexes, batch } of equalLengthBatches(encodings, way.maxBatchTokens)) {
      const output = await session.run(feedsOf(session, batch));
      const data = output[session.outputNames[0] ?? ""]?.data as Float32Array;
      for (const [row, index] of indexes.entries()) logits[index] = data[row] ?? Number.NaN;
    }
    return logits;
  }

  async function change(next: Way): Promise<void> {
    if (next.spinning !== way.spinning) {
      await session.release();
      session = await open(next);
    }
    way = next;
  }

  const encode = ({ query, documents }: RerankCase) =>
    tokenizer.encodePairs(query, documents, { maxLength });
  return {
    encode,
    run,
    rerank: async (request) => run(await encode(request)),
    stop: () => session.release(),
    async tune(encodings) {
      const timed: { readonly way: Way; readonly ms: number }[] = [];
      for (const candidate of ways) {
        await change(candidate);
        await run(encodings.slice(0, warmUpEncodings));
        const startedMs = performance.now();
        await run(encodings);
        timed.push({ way: candidate, ms: performance.now() - startedMs });
      }
      const [fastest] = timed.sort((a, b) => a.ms - b.ms);
      if (fastest) await change(fastest.way);
      await run(encodings.slice(0, warmUpEncodings));
      return `${way.spinning ? "spinning" : "not spinning"}, ${way.maxBatchTokens === 1 ? "one document" : `up to ${way.maxBatchTokens} tokens of equal lengths`} at a time`;
    },
  };
}

/** Encodings that are run after a session was opened, before anything is timed. */
const warmUpEncodings = 8;

function openGraph(path: string, threads: number, spinning: boolean): Promise<InferenceSession> {
  return InferenceSession.create(path, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: spinning ? "1" : "0" } } },
  });
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

function feedsOf(session: InferenceSession, encodings: readonly Encoding[]) {
  const length = encodings[0]?.inputIds.length ?? 0;
  const dims = [encodings.length, length];
  const cellsOf: Readonly<Record<string, (encoding: Encoding) => ArrayLike<number> | 1>> = {
    input_ids: ({ inputIds }) => inputIds,
    token_type_ids: ({ typeIds }) => typeIds,
    attention_mask: () => 1,
  };
  return Object.fromEntries(
    session.inputNames.map((name) => {
      const cells = new BigInt64Array(encodings.length * length);
      // The low half of each number; the high half stays 0.
      const low = new Int32Array(cells.buffer);
      for (const [row, encoding] of encodings.entries()) {
        const source = cellsOf[name]?.(encoding) ?? 1;
        for (let cell = 0; cell < length; cell += 1) {
          low[(row * length + cell) * 2] = source === 1 ? 1 : (source[cell] ?? 0);
        }
      }
      return [name, new Tensor("int64", cells, dims)];
    }),
  );
}
