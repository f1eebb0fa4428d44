import type { RunningContender } from "../../contenders/contender.ts";
import { connectHttp } from "../../contenders/http-contender.ts";
import { startRerankd } from "../../contenders/rerankd.ts";
import { runClosedLoop } from "../../load/closed-loop.ts";
import { median, medianRatio, quantile, round3 } from "../../statistics.ts";
import {
  type BenchContext,
  contenderContext,
  corpusOf,
  type FigureGroup,
  loadClients,
  loadCorpus,
  withRunning,
} from "../figure.ts";
import { probe, probeBeside } from "../load/mixed.ts";

/** The name of the second model of a server. */
const second = "second";

/** What two models of one server take from each other. */
export const models: FigureGroup = {
  figures: ["models", "models_small"],
  quick: false,
  async run(context, wanted) {
    if (wanted.has("models")) await measureShares(context);
    if (wanted.has("models_small")) await measureSmall(context);
  },
};

/** Loads the same model twice, with as many clients for each, and compares what each answers. */
async function measureShares(context: BenchContext): Promise<void> {
  const { model, settings, log } = context;
  const dtype = model.autoDtype;
  const requests = loadCorpus(context);
  const shares: number[] = [];
  const sums: number[] = [];
  const alone: number[] = [];
  await withTwo(context, model.folder, async (one, other) => {
    const load = ({ rerank }: RunningContender) =>
      runClosedLoop({ rerank, requests, clients: loadClients, durationMs: settings.roundMs });
    await load(one);
    for (let round = 1; round <= settings.rounds; round += 1) {
      alone.push((await load(one)).documentsPerSecond);
      const [first, last] = await Promise.all([load(one), load(other)]);
      const both = first.documentsPerSecond + last.documentsPerSecond;
      shares.push(first.documentsPerSecond / both);
      sums.push(both);
      log(`round ${round}: the first model has ${((shares.at(-1) ?? 0) * 100).toFixed(1)}%`);
    }
  });
  context.record({
    figure: "models",
    model: model.name,
    dtype,
    // The farthest from a half of all rounds, relative to it.
    off_half: round3(Math.max(...shares.map((share) => Math.abs(share / 0.5 - 1)))),
    share: round3(median(shares)),
    of_alone: round3(medianRatio(sums, alone)),
    clients: loadClients,
  });
}

/** Asks the bundled model while another one of the server is given large requests. */
async function measureSmall(context: BenchContext): Promise<void> {
  const { model, settings, log } = context;
  const bundled = await context.findModel("bundled");
  const { largeDocuments: documentsPerRequest, largeClients } = settings;
  const small = loadCorpus(context);
  const large = corpusOf(context, { requests: largeClients, documentsPerRequest });
  const probes = 2 * settings.probes;
  const alone: number[] = [];
  const beside: number[] = [];
  await withTwo(context, bundled.folder, async (largeModel, smallModel) => {
    await probe(smallModel, small, probes);
    for (let round = 1; round <= settings.rounds; round += 1) {
      alone.push(quantile(await probe(smallModel, small, probes), 0.95));
      const options = { small, large, probes, largeServer: largeModel };
      beside.push(quantile(await probeBeside(smallModel, options), 0.95));
      log(
        `round ${round}: p95 ${alone.at(-1)?.toFixed(1)} ms alone, ${beside.at(-1)?.toFixed(1)} ms beside the other model`,
      );
    }
  });
  context.record({
    figure: "models_small",
    model: model.name,
    dtype: model.autoDtype,
    ratio: round3(medianRatio(beside, alone)),
    p95_beside_ms: round3(median(beside)),
    p95_alone_ms: round3(median(alone)),
    large_documents: documentsPerRequest,
    large_clients: largeClients,
  });
}

/** Runs `use` with a server of the measured model and a second one, each as a contender. */
async function withTwo(
  context: BenchContext,
  folder: string,
  use: (first: RunningContender, second: RunningContender) => Promise<void>,
): Promise<void> {
  const { model } = context;
  const start = () =>
    startRerankd({
      ...contenderContext(context, model),
      dtype: model.autoDtype,
      flags: [`--model-id=${second}=${folder}`],
    });
  await withRunning(start, async (first) => {
    const { server } = first;
    if (server === undefined) throw new Error("the server has no process");
    // The server is stopped with the first.
    await use(first, connectHttp(server, { raw_scores: true, model: second }));
  });
}
