import { startRerankd } from "../../contenders/rerankd.ts";
import { makeRandomLengths } from "../../corpus/corpus.ts";
import { runClosedLoop } from "../../load/closed-loop.ts";
import { readProcessMemory } from "../../process/memory.ts";
import { createRandom } from "../../random.ts";
import { round3 } from "../../statistics.ts";
import { contenderContext, type FigureGroup, withRunning } from "../figure.ts";
import { modelsToShow } from "./ready.ts";

const documentsPerRequest = 100;
const clients = 4;
/** Requests that are made at a time, so that the texts of the whole run need not be held. */
const requestsPerBlock = 20;
/** Longest that the run may take, in ms. */
const maxSoakMs = 25 * 60_000;

/** Whether memory keeps growing with documents of random lengths. */
export const memory: FigureGroup = {
  figures: ["rss_mb"],
  quick: false,
  async run(context) {
    const { settings, passages, log } = context;
    const [model = context.model] = await modelsToShow(context);
    const dtype = model.autoDtype;
    const random = createRandom(settings.seed);
    const readings = await withRunning(
      () => startRerankd({ ...contenderContext(context, model), dtype }),
      async ({ rerank, server }) => {
        if (server === undefined) throw new Error("the server has no process");
        const read: { documents: number; rssMb: number }[] = [];
        const startedMs = performance.now();
        let documents = 0;
        for (const goal of settings.soakDocuments) {
          while (documents < goal && performance.now() - startedMs < maxSoakMs) {
            const missing = Math.ceil((goal - documents) / documentsPerRequest);
            const requests = makeRandomLengths({
              pools: passages.pools,
              random,
              requests: Math.min(requestsPerBlock, missing),
              documentsPerRequest,
            });
            documents += (await runClosedLoop({ rerank, requests, clients })).documents;
          }
          read.push({ documents, rssMb: readProcessMemory(server.pid).nowMb });
          log(`after ${documents} documents: ${read.at(-1)?.rssMb} MB`);
        }
        return read;
      },
    );
    const [first, last] = [readings[0], readings.at(-1)];
    if (first === undefined || last === undefined) return;
    context.record({
      figure: "rss_mb",
      model: model.name,
      dtype,
      ratio: round3(last.rssMb / first.rssMb),
      first_documents: first.documents,
      first_rss_mb: first.rssMb,
      last_documents: last.documents,
      last_rss_mb: last.rssMb,
    });
  },
};
