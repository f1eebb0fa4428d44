import type { RunningContender } from "../../contenders/contender.ts";
import { startRerankd } from "../../contenders/rerankd.ts";
import type { RerankCase } from "../../corpus/corpus.ts";
import { poissonArrivalsMs } from "../../load/arrivals.ts";
import { runClosedLoop } from "../../load/closed-loop.ts";
import { runOpenLoop } from "../../load/open-loop.ts";
import { createRandom } from "../../random.ts";
import { median, quantile, round3 } from "../../statistics.ts";
import {
  type BenchContext,
  contenderContext,
  corpusOf,
  type FigureGroup,
  loadClients,
  loadCorpus,
  usualDocuments,
  withRunning,
} from "../figure.ts";
import { isRefusal } from "./overload.ts";

const clientCounts = [1, 2, 4, 8, 16, 32, 64];
const documentCounts = [1, 3, 10, 30, 100, 300, 1000];
/** Shares of the measured capacity at which requests arrive by themselves. */
const arrivalShares = [0.25, 0.5, 0.7, 0.8, 0.9];
/** Answers that a point of a curve needs at least, where time allows. */
const minRequests = 5;
const hangMs = 60_000;
/** Arrivals that a point needs for a p95; slow models are measured for longer. */
const minArrivals = 20;
/** Most rounds: a curve shows a shape, and its points are not held against a goal. */
const maxRounds = 3;

/** One point of a curve, before its rounds are summed up. */
interface Point {
  readonly label: {
    readonly load: string;
    readonly clients: number;
    readonly documents: number;
    readonly point: string;
  };
  measure(
    server: RunningContender,
  ): Promise<{ readonly documentsPerSecond: number; readonly latenciesMs: readonly number[] }>;
}

/**
 * Throughput and latency over the number of clients, the number of documents, and the rate of
 * arrivals.
 */
export const scaling: FigureGroup = {
  figures: ["scaling"],
  quick: false,
  async run(context) {
    const { model, settings, log } = context;
    const dtype = model.autoDtype;
    await withRunning(
      () => startRerankd({ ...contenderContext(context, model), dtype }),
      async (server) => {
        const requests = loadCorpus(context);
        const { pointMs: durationMs } = settings;
        const capacity = await runClosedLoop({
          rerank: server.rerank,
          requests,
          clients: loadClients,
          durationMs,
        });
        const points = [
          ...clientPoints(context, requests),
          ...documentPoints(context),
          ...arrivalPoints(context, requests, capacity.documentsPerSecond / usualDocuments),
        ];
        const measured = points.map(() => [] as Awaited<ReturnType<Point["measure"]>>[]);
        const rounds = Math.min(maxRounds, settings.rounds);
        for (let round = 1; round <= rounds; round += 1) {
          for (const [index, point] of points.entries()) {
            measured[index]?.push(await point.measure(server));
          }
          log(`scaling: round ${round} of ${rounds}`);
        }
        for (const [index, { label }] of points.entries()) {
          const runs = measured[index] ?? [];
          context.record({
            figure: "scaling",
            model: model.name,
            dtype,
            rounds,
            ...label,
            documents_per_second: round3(median(runs.map((one) => one.documentsPerSecond))),
            p50_ms: round3(median(runs.map((one) => quantile(one.latenciesMs, 0.5)))),
            p95_ms: round3(median(runs.map((one) => quantile(one.latenciesMs, 0.95)))),
          });
        }
      },
    );
  },
};

function clientPoints({ settings }: BenchContext, requests: readonly RerankCase[]): Point[] {
  return clientCounts.map((clients) => ({
    label: { load: "clients", clients, documents: usualDocuments, point: String(clients) },
    measure: ({ rerank }) =>
      runClosedLoop({ rerank, requests, clients, durationMs: settings.pointMs }),
  }));
}

function documentPoints(context: BenchContext): Point[] {
  return documentCounts.map((documents) => {
    const requests = corpusOf(context, { requests: minRequests, documentsPerRequest: documents });
    return {
      label: { load: "documents", clients: 1, documents, point: String(documents) },
      measure: ({ rerank }) =>
        runClosedLoop({ rerank, requests, clients: 1, durationMs: context.settings.pointMs }),
    };
  });
}

function arrivalPoints(
  { settings }: BenchContext,
  requests: readonly RerankCase[],
  capacityPerSecond: number,
): Point[] {
  return arrivalShares.map((share, index) => ({
    label: { load: "arrivals", clients: 0, documents: usualDocuments, point: String(share) },
    async measure({ rerank }) {
      const random = createRandom(settings.seed + index);
      const perSecond = capacityPerSecond * share;
      const durationMs = Math.max(settings.pointMs, (minArrivals / perSecond) * 1000);
      const arrivalsMs = poissonArrivalsMs({ perSecond, durationMs, random });
      const startedMs = performance.now();
      const outcomes = await runOpenLoop({ rerank, requests, arrivalsMs, hangMs, isRefusal });
      const elapsedMs = performance.now() - startedMs;
      const answered = outcomes.filter(({ kind }) => kind === "answered");
      const failed = outcomes.find(({ kind }) => kind === "failed" || kind === "hung");
      if (failed) throw new Error(`a request ${failed.kind} below capacity: ${failed.message}`);
      const documents = answered.reduce((sum, outcome) => sum + outcome.documents, 0);
      return {
        documentsPerSecond: (documents / elapsedMs) * 1000,
        latenciesMs: answered.map(({ latencyMs }) => latencyMs),
      };
    },
  }));
}
