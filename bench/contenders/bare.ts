import { InferenceSession, Tensor } from "onnxruntime-node";
import { openModel } from "../../src/models/open-model.ts";
import { createTokenizer } from "../../src/tokenizer/hf-tokenizer.ts";
import type { Encoding } from "../../src/tokenizer/tokenizer.ts";
import type { RerankCase } from "../corpus.ts";
import type { Contender, ContenderContext, RunningContender } from "./contender.ts";

/** The runtime alone: no server, no queue, no thread between. What a server can at best reach. */
export interface Bare extends RunningContender {
  encode(request: RerankCase): Promise<Encoding[]>;
  /** Returns one logit per encoding, in their order. Runs the longest first, in batches of equal length, so nothing is padded. */
  run(encodings: readonly Encoding[]): Promise<number[]>;
}

/** How to open the runtime. */
export interface BareOptions extends ContenderContext {
  readonly dtype: string;
}

/** Most tokens of one batch of equal lengths. */
const maxBatchTokens = 1024;

/** Creates a contender that computes in the benchmark's own process. */
export function createBare(options: BareOptions): Contender {
  return { name: `bare ${options.dtype}`, dtype: options.dtype, start: () => openBare(options) };
}

/** Opens the model's graph with the runtime's own defaults but for the number of threads. */
export async function openBare({
  modelFolder,
  dtype,
  threads,
  maxLength,
}: BareOptions): Promise<Bare> {
  const choice = { dtype: dtype as "fp32" | "fp16" | "int8" | "auto", device: "cpu" } as const;
  const model = await openModel({ name: "bench", directory: modelFolder, ...choice });
  const tokenizer = await createTokenizer({
    path: model.tokenizerPath,
    padTokenId: model.config.padTokenId,
  });
  const session = await InferenceSession.create(model.onnxPath, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });

  const encode = ({ query, documents }: RerankCase) =>
    tokenizer.encodePairs(query, documents, { maxLength });

  async function run(encodings: readonly Encoding[]): Promise<number[]> {
    const logits = new Array<number>(encodings.length).fill(Number.NaN);
    for (const batch of equalLengthBatches(encodings)) {
      const output = await session.run(feedsOf(session, batch.encodings));
      const data = output[session.outputNames[0] ?? ""]?.data as Float32Array;
      for (const [row, index] of batch.indexes.entries()) logits[index] = data[row] ?? Number.NaN;
    }
    return logits;
  }

  return {
    encode,
    run,
    rerank: async (request) => run(await encode(request)),
    stop: () => session.release(),
  };
}

interface Batch {
  readonly encodings: readonly Encoding[];
  /** Where each came from. */
  readonly indexes: readonly number[];
}

/** Groups encodings of equal length, the longest first. */
export function equalLengthBatches(encodings: readonly Encoding[]): Batch[] {
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
    encodings: indexes.flatMap((index) => encodings[index] ?? []),
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
