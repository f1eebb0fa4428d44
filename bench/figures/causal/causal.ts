import { hashFile, onnxPathOf } from "../../bench-model.ts";
import { round3, spread } from "../../statistics.ts";
import { corpusOf, type FigureGroup, usualDocuments } from "../figure.ts";
import { type CausalRun, runCausal } from "./causal-run.ts";

/** Requests of a round: a query, and documents that share what is before them. */
const requests = 3;

const msPerSecond = 1000;

/** How far two ways may differ in a logit: they add the same numbers in another order. */
const tolerance = 1e-3;

/** What it saves a causal language model to compute the start of a query's pairs once. */
export const causal: FigureGroup = {
  figures: ["causal_prefix"],
  quick: false,
  bringsModel: true,
  async run(context) {
    const { root, settings, log } = context;
    const model = await context.findModel("causal");
    const dtype = "fp32";
    const lists = corpusOf(context, { requests, documentsPerRequest: usualDocuments });
    const { threads } = settings;
    const work = { lists, maxLength: model.maxLength, threads };
    const rounds: { readonly shared: CausalRun; readonly whole: CausalRun }[] = [];
    for (let round = 0; round < settings.rounds; round += 1) {
      const shared = await runCausal(root, model.folder, "shared", work);
      const whole = await runCausal(root, model.folder, "whole", work);
      checkAgreement(shared, whole);
      rounds.push({ shared, whole });
      log(
        `round ${round + 1}: ${Math.round(shared.cpuMs)} ms of CPU shared, ${Math.round(whole.cpuMs)} whole`,
      );
    }
    const median = (read: (round: { shared: CausalRun; whole: CausalRun }) => number): number =>
      round3(spread(rounds.map(read)).median);
    const tokensPerSecond = ({ tokens, ms }: CausalRun): number => (tokens / ms) * msPerSecond;
    context.record({
      figure: "causal_prefix",
      model: model.name,
      dtype,
      model_hash: await hashFile(await onnxPathOf(model, dtype)),
      ratio: median(({ shared, whole }) => whole.cpuMs / shared.cpuMs),
      tokens: rounds[0]?.whole.computedTokens ?? 0,
      shared_tokens: rounds[0]?.shared.computedTokens ?? 0,
      shared_tokens_per_s: median(({ shared }) => tokensPerSecond(shared)),
      whole_tokens_per_s: median(({ whole }) => tokensPerSecond(whole)),
      loaded_mb: median(({ shared }) => shared.loadedMb),
      shared_peak_mb: median(({ shared }) => shared.peakMb),
      whole_peak_mb: median(({ whole }) => whole.peakMb),
      graph_edit_ms: median(({ shared }) => shared.editMs),
    });
  },
};

function checkAgreement(shared: CausalRun, whole: CausalRun): void {
  const largest = shared.scores.reduce(
    (most, score, at) => Math.max(most, Math.abs(score - (whole.scores[at] ?? Number.NaN))),
    0,
  );
  if (largest <= tolerance) return;
  throw new Error(`logits with and without a shared prefix differ by ${largest}`);
}
