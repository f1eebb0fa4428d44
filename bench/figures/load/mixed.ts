import type { RunningContender } from "../../contenders/contender.ts";
import { startRerankd } from "../../contenders/rerankd.ts";
import type { RerankCase } from "../../corpus/corpus.ts";
import { median, medianRatio, quantile, round3 } from "../../statistics.ts";
import {
  contenderContext,
  corpusOf,
  type FigureGroup,
  loadCorpus,
  withRunning,
} from "../figure.ts";

/**
 * Longest that the probes of a round may take, in ms: a server that is not fair would hold the run
 * up for hours.
 */
const maxProbesMs = 30_000;
/** Probes of a round, as a multiple of those of other figures. */
const probesFactor = 2;
/** Probes of a round that are sent however long they take. */
const minProbes = 3;

/** How much a small request suffers from large ones. */
export const mixed: FigureGroup = {
  figures: ["mixed"],
  quick: true,
  async run(context) {
    const { model, settings, log } = context;
    const dtype = model.autoDtype;
    const probes = probesFactor * settings.probes;
    const small = loadCorpus(context);
    const { largeDocuments: documentsPerRequest, largeClients } = settings;
    const large = corpusOf(context, { requests: largeClients, documentsPerRequest });
    const alone: number[] = [];
    const beside: number[] = [];
    await withRunning(
      () => startRerankd({ ...contenderContext(context, model), dtype }),
      async (server) => {
        await probe(server, small, probes);
        for (let round = 1; round <= settings.rounds; round += 1) {
          alone.push(quantile(await probe(server, small, probes), 0.95));
          beside.push(quantile(await probeBeside(server, { small, large, probes }), 0.95));
          log(
            `round ${round}: p95 ${alone.at(-1)?.toFixed(1)} ms alone, ${beside.at(-1)?.toFixed(1)} ms mixed`,
          );
        }
      },
    );
    context.record({
      figure: "mixed",
      model: model.name,
      dtype,
      ratio: round3(medianRatio(beside, alone)),
      p95_mixed_ms: round3(median(beside)),
      p95_alone_ms: round3(median(alone)),
      large_documents: documentsPerRequest,
      large_clients: largeClients,
    });
  },
};

/** Sends small requests one after the other, and returns how long each took, in milliseconds. */
export async function probe(
  { rerank }: RunningContender,
  requests: readonly RerankCase[],
  probes: number,
): Promise<number[]> {
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  for (let sent = 0; sent < probes; sent += 1) {
    const request = requests[sent % requests.length];
    if (request === undefined) break;
    if (sent >= minProbes && performance.now() - startedMs > maxProbesMs) break;
    const sentMs = performance.now();
    await rerank(request);
    latenciesMs.push(performance.now() - sentMs);
  }
  return latenciesMs;
}

/** Does the same while large requests are sent all the time, to the same server by default. */
export async function probeBeside(
  server: RunningContender,
  options: {
    readonly small: readonly RerankCase[];
    readonly large: readonly RerankCase[];
    readonly probes: number;
    readonly largeServer?: RunningContender;
  },
): Promise<number[]> {
  const { largeServer = server } = options;
  const done = new AbortController();
  const { signal } = done;
  const background = options.large.map(async (request) => {
    while (!signal.aborted) {
      await largeServer.rerank(request, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  });
  const failed = Promise.all(background).then((): never[] => []);
  try {
    // One probe lets the large requests arrive.
    await Promise.race([probe(server, options.small, 1), failed]);
    return await Promise.race([probe(server, options.small, options.probes), failed]);
  } finally {
    done.abort();
    await Promise.allSettled(background);
  }
}
