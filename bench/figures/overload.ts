import { startRerankd } from "../contenders/rerankd.ts";
import { HttpStatusError } from "../http-client.ts";
import { poissonArrivalsMs } from "../load/arrivals.ts";
import { runClosedLoop } from "../load/closed-loop.ts";
import { type Outcome, type OutcomeKind, runOpenLoop } from "../load/open-loop.ts";
import { createRandom } from "../random.ts";
import { quantile, round3 } from "../statistics.ts";
import {
  contenderContext,
  type FigureGroup,
  loadClients,
  loadCorpus,
  usualDocuments,
  withRunning,
} from "./figure.ts";

/** Arrivals over capacity. */
const overloadFactor = 4;
/** Deadline of each request, as a multiple of the p95 at capacity: what accepted requests must keep. */
const deadlineFactor = 2;
/** After this a request counts as hung, in ms. */
const hangMs = 30_000;
/** How long after the overload full speed must be back, in ms. */
const recoveryMs = 1000;
const tooManyRequests = 429;

/** What happens when four times as much comes as can be served. */
export const overload: FigureGroup = {
  figures: ["overload"],
  quick: false,
  async run(context) {
    const { model, settings, log } = context;
    const dtype = model.autoDtype;
    const requests = loadCorpus(context);
    await withRunning(
      () => startRerankd({ ...contenderContext(context, model), dtype }),
      async ({ rerank }) => {
        const closed = { rerank, requests, clients: loadClients };
        await runClosedLoop(closed);
        const capacity = await runClosedLoop({ ...closed, durationMs: settings.pointMs });
        const capacityP95Ms = quantile(capacity.latenciesMs, 0.95);
        const perSecond = (overloadFactor * capacity.documentsPerSecond) / usualDocuments;
        log(`overload: ${perSecond.toFixed(1)} requests/s for ${settings.overloadMs} ms`);
        const random = createRandom(settings.seed);
        const outcomes = await runOpenLoop({
          rerank,
          requests,
          arrivalsMs: poissonArrivalsMs({ perSecond, durationMs: settings.overloadMs, random }),
          deadlineMs: Math.ceil(deadlineFactor * capacityP95Ms),
          hangMs,
          isRefusal,
        });
        // What was accepted may still be computed; the second that the server has to recover runs from here.
        await runClosedLoop({ ...closed, durationMs: recoveryMs });
        const after = await runClosedLoop({ ...closed, durationMs: settings.pointMs });
        const accepted = latenciesOf(outcomes, "answered");
        const refused = latenciesOf(outcomes, "refused");
        const failed = outcomes.filter(({ kind }) => kind === "failed");
        if (failed[0]) log(`overload: a request failed: ${failed[0].message}`);
        const p95Ms = accepted.length === 0 ? null : quantile(accepted, 0.95);
        context.record({
          figure: "overload",
          model: model.name,
          dtype,
          ratio: p95Ms === null ? null : round3(p95Ms / capacityP95Ms),
          arrivals_per_second: round3(perSecond),
          seconds: settings.overloadMs / 1000,
          accepted: accepted.length,
          refused: refused.length,
          failed: failed.length,
          hung: outcomes.filter(({ kind }) => kind === "hung").length,
          capacity_p95_ms: round3(capacityP95Ms),
          accepted_p95_ms: p95Ms === null ? null : round3(p95Ms),
          refused_p95_ms: refused.length === 0 ? null : round3(quantile(refused, 0.95)),
          refused_max_ms: refused.length === 0 ? null : round3(quantile(refused, 1)),
          accepted_documents_per_second: round3(
            (accepted.length * usualDocuments * 1000) / settings.overloadMs,
          ),
          recovered_ratio: round3(after.documentsPerSecond / capacity.documentsPerSecond),
        });
      },
    );
  },
};

/** Whether an error is the server's word that it is too busy. */
export function isRefusal(error: unknown): boolean {
  return error instanceof HttpStatusError && error.status === tooManyRequests;
}

function latenciesOf(outcomes: readonly Outcome[], kind: OutcomeKind): number[] {
  return outcomes.filter((outcome) => outcome.kind === kind).map(({ latencyMs }) => latencyMs);
}
