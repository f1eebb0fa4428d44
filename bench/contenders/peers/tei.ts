import { availableParallelism } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../../process/child-server.ts";
import { builtFolder } from "../built.ts";
import type { Contender, ContenderContext } from "../contender.ts";
import { createHttpContender, placeScores, type RerankDialect } from "../http-contender.ts";
import { makeModelFolder, onnxPath, safetensorsPath } from "../model-folder.ts";

/** What the router computes with. */
export type TeiBackend = "onnxruntime" | "candle";

/** How to start the router. */
export interface TeiOptions extends ContenderContext {
  readonly backend: TeiBackend;
  /** candle has fp32 alone on a CPU. */
  readonly dtype: "fp32" | "int8";
}

/** Most documents of a request; the router's own limit is 32. */
const maxDocuments = 1000;

/** `texts` in the request; the answer is a list of `index` and `score`. */
const dialect: RerankDialect = {
  write: ({ query, documents }) => ({ query, texts: documents }),
  read: readTeiScores,
};

/**
 * Creates a contender that is the router of Text Embeddings Inference with its default settings, but
 * for the number of documents that it takes.
 */
export function createTei(options: TeiOptions): Contender {
  const { root, backend, dtype, threads } = options;
  return createHttpContender({
    name: `TEI ${backend} ${dtype}`,
    dtype,
    fields: { raw_scores: true, truncate: true },
    dialect,
    async server() {
      const built = builtFolder(root, "tei");
      const port = await findFreePort();
      const router = [
        join(built, "text-embeddings-router"),
        ...["--model-id", await makeFolder(options)],
        ...["--dtype", "float32"],
        ...["--max-client-batch-size", String(maxDocuments)],
        ...["--hostname", "127.0.0.1"],
        ...["--port", String(port)],
      ];
      const [command = "", ...args] = [...fewerCores(threads), ...router];
      return {
        command,
        args,
        env: {
          LD_LIBRARY_PATH: join(built, "lib"),
          RAYON_NUM_THREADS: String(threads),
          OMP_NUM_THREADS: String(threads),
          MKL_NUM_THREADS: String(threads),
          // As in the image of its authors.
          MKL_ENABLE_INSTRUCTIONS: "AVX512_E4",
        },
        healthUrl: `http://127.0.0.1:${port}/health`,
        logsToStdout: true,
      };
    },
  });
}

/** Returns a command to prefix: the router's ONNX Runtime takes as many threads as there are cores. */
function fewerCores(threads: number): string[] {
  if (threads >= availableParallelism()) return [];
  return ["taskset", "--cpu-list", `0-${threads - 1}`];
}

/**
 * Makes a folder with the weights that the backend reads, so that the other one cannot take its place, and
 * with the length at which pairs are cut.
 */
async function makeFolder(options: TeiOptions): Promise<string> {
  const { modelFolder, maxLength, backend, dtype } = options;
  const json = {
    "sentence_bert_config.json": { max_seq_length: maxLength, do_lower_case: false },
  };
  return makeModelFolder(options, {
    name: `tei-${backend}-${dtype}`,
    weights:
      backend === "candle"
        ? { "model.safetensors": safetensorsPath(modelFolder) }
        : { "model.onnx": await onnxPath(modelFolder, dtype) },
    json,
  });
}

/**
 * Returns the scores of an answer in the order of the documents. Throws if one is missing.
 */
export function readTeiScores(body: string, documents: number): number[] {
  const ranks = JSON.parse(body) as readonly { index?: number; score?: number | null }[];
  if (!Array.isArray(ranks)) throw new Error("the answer is not a list");
  return placeScores(
    ranks.map(({ index, score }) => [index, score]),
    documents,
  );
}
