import { join } from "node:path";
import { openModel } from "../../../src/models/open-model.ts";
import { createTokenizer } from "../../../src/tokenizer/hf-tokenizer.ts";
import type { Encoding } from "../../../src/tokenizer/tokenizer.ts";
import type { RerankCase } from "../../corpus/corpus.ts";
import { createHttpClient } from "../../load/http-client.ts";
import { type ChildServer, findFreePort, startChildServer } from "../../process/child-server.ts";
import { type Bare, equalLengthBatches } from "../bare.ts";
import type { Contender, ContenderContext } from "../contender.ts";
import { pythonEnvironment, pythonProgram } from "../python.ts";

/** A way to run the graph. */
interface Way {
  /** Batches that run side by side, each on its share of the threads. */
  readonly streams: number;
  /** Most tokens of one batch of equal lengths; 1: one document at a time. */
  readonly maxBatchTokens: number;
}

/** Budgets of a batch that `tune` tries. */
const budgets = [1024, 1];

/**
 * Creates a contender that is OpenVINO's runtime alone, in a process of its own: as for `bare`, what is
 * to be computed is ready, sorted by length and never padded.
 */
export function createOpenVino(context: ContenderContext, dtype: "fp32" | "int8"): Contender {
  return { name: `OpenVINO runtime ${dtype}`, dtype, start: () => openRuntime(context, dtype) };
}

async function openRuntime(context: ContenderContext, dtype: "fp32" | "int8"): Promise<Bare> {
  const { modelFolder, maxLength, threads } = context;
  const python = pythonProgram(context.root, "venv-openvino", "python");
  const choice = { dtype, device: "cpu" } as const;
  const model = await openModel({ name: "bench", directory: modelFolder, ...choice });
  const { padTokenId } = model.config;
  const tokenizer = await createTokenizer({ path: model.tokenizerPath, padTokenId });
  const open = async (streams: number) => {
    const port = await findFreePort();
    const script = join(context.root, "bench", "contenders", "peers", "openvino_runtime.py");
    const server = await startChildServer({
      command: python,
      args: [script, model.onnxPath, ...[port, threads, streams].map(String)],
      env: pythonEnvironment(context),
      healthUrl: `http://127.0.0.1:${port}/health`,
    });
    return { server, client: createHttpClient(server.url) };
  };
  let way: Way = { streams: 1, maxBatchTokens: 1024 };
  let running = await open(way.streams);

  async function change(next: Way): Promise<void> {
    if (next.streams !== way.streams) {
      await close(running);
      running = await open(next.streams);
    }
    way = next;
  }

  async function run(encodings: readonly Encoding[]): Promise<number[]> {
    const groups = equalLengthBatches(encodings, way.maxBatchTokens);
    const batches = groups.map(({ batch }) => batch.map(({ inputIds }) => [...inputIds]));
    const { body } = await running.client.post("/run", JSON.stringify({ batches }));
    return placeLogits(
      body,
      groups.map(({ indexes }) => indexes),
    );
  }

  const encode = ({ query, documents }: RerankCase) =>
    tokenizer.encodePairs(query, documents, { maxLength });
  return {
    encode,
    run,
    rerank: async (request) => run(await encode(request)),
    stop: () => close(running),
    async tune(encodings) {
      const timed: { readonly way: Way; readonly ms: number }[] = [];
      for (const streams of new Set([1, threads])) {
        for (const maxBatchTokens of budgets) {
          await change({ streams, maxBatchTokens });
          await run(encodings);
          const startedMs = performance.now();
          await run(encodings);
          timed.push({ way, ms: performance.now() - startedMs });
        }
      }
      const [fastest] = timed.sort((one, other) => one.ms - other.ms);
      if (fastest) await change(fastest.way);
      await run(encodings);
      const batches =
        way.maxBatchTokens === 1 ? "one document" : `up to ${way.maxBatchTokens} tokens`;
      return `with ${way.streams} streams, ${batches} at a time`;
    },
  };
}

async function close(running: {
  readonly server: ChildServer;
  readonly client: { close(): void };
}): Promise<void> {
  running.client.close();
  await running.server.stop();
}

/**
 * Returns the logits of an answer in the order of the encodings, from the indexes of each batch. Throws
 * if one is missing.
 */
export function placeLogits(body: string, indexes: readonly (readonly number[])[]): number[] {
  const { logits } = JSON.parse(body) as { logits?: readonly (readonly number[])[] };
  const placed = new Array<number>(indexes.flat().length).fill(Number.NaN);
  for (const [batch, places] of indexes.entries()) {
    for (const [row, place] of places.entries())
      placed[place] = logits?.[batch]?.[row] ?? Number.NaN;
  }
  if (placed.some(Number.isNaN)) throw new Error("the runtime did not score every document");
  return placed;
}
