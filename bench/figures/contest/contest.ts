import type { BenchModel } from "../../bench-model.ts";
import { createBare } from "../../contenders/bare.ts";
import type { Contender } from "../../contenders/contender.ts";
import { createGuide } from "../../contenders/peers/guide.ts";
import { createInfinity } from "../../contenders/peers/infinity.ts";
import { createSentenceTransformers } from "../../contenders/peers/sentence-transformers.ts";
import { createRerankd } from "../../contenders/rerankd.ts";
import { median, medianRatio, quantile, round3, spread } from "../../statistics.ts";
import {
  type BenchContext,
  contenderContext,
  type FigureGroup,
  loadClients,
  loadCorpus,
} from "../figure.ts";
import { compareScores, fp32Tolerance, requireAgreement } from "./agreement.ts";
import { type ContenderRecord, runContest } from "./contest-rounds.ts";

/** Figures that set this server beside another one on the same fp32 weights. */
const rivals = {
  vs_guide_fp32: { dtype: "fp32", contender: "guide's script", option: "guide" },
  vs_guide_int8: { dtype: "int8", contender: "guide's script", option: "guide" },
  vs_infinity: { dtype: "fp32", contender: "infinity", option: "infinity" },
  vs_sentence_transformers: {
    dtype: "fp32",
    contender: "sentence-transformers",
    option: "sentence-transformers",
  },
} as const;

/** Everything that comes out of contenders loaded in turn. */
export const contest: FigureGroup = {
  figures: ["load_vs_bare", "latency_vs_bare", ...Object.keys(rivals)],
  quick: true,
  async run(context, wanted) {
    const corpus = loadCorpus(context);
    const records = await runContest(context, chooseContenders(context, wanted), corpus);
    checkAgreement(context, records);
    for (const record of records) recordContender(context, record);
    recordAgainstBare(context, records, wanted);
    recordRivals(context, records, wanted);
  },
};

function chooseContenders(context: BenchContext, wanted: ReadonlySet<string>): Contender[] {
  const { model, settings } = context;
  const given = contenderContext(context, model);
  const rivalsWanted = Object.entries(rivals).filter(
    ([figure, { option }]) => wanted.has(figure) && !settings.without.includes(option),
  );
  const againstBare = wanted.has("load_vs_bare") || wanted.has("latency_vs_bare");
  const dtypes = new Set<string>(rivalsWanted.map(([, { dtype }]) => dtype));
  if (againstBare) for (const dtype of bareDtypes(model, settings.quick)) dtypes.add(dtype);

  const contenders: Contender[] = [];
  for (const dtype of dtypes) {
    contenders.push(createBare({ ...given, dtype }), createRerankd({ ...given, dtype }));
    if (againstBare && !settings.quick) {
      contenders.push(createRerankd({ ...given, dtype, protocol: "grpc" }));
    }
  }
  if (!model.hasTorch) return contenders;
  const foreign = new Set(rivalsWanted.map(([, { contender }]) => contender));
  const made = [createGuide, createInfinity, createSentenceTransformers].map((make) => make(given));
  return [...contenders, ...made.filter(({ name }) => foreign.has(name as never))];
}

function bareDtypes(model: BenchModel, quick: boolean): readonly string[] {
  return quick ? [model.autoDtype] : model.dtypes.filter((dtype) => dtype !== "fp16");
}

function checkAgreement(context: BenchContext, records: readonly ContenderRecord[]): void {
  for (const record of records) {
    const reference = records.find(({ name }) => name === `bare ${record.dtype}`);
    if (reference === undefined || reference === record) continue;
    const agreement = compareScores(reference.scores, record.scores);
    context.record({
      figure: "agreement",
      model: context.model.name,
      dtype: record.dtype,
      contender: record.name,
      documents_compared: agreement.documents,
      max_difference: agreement.maxDifference,
      mean_difference: agreement.meanDifference,
      order_kept: round3(agreement.orderKept),
    });
    // Quantized graphs scale activations by batch, so their scores depend on what is computed
    // together.
    if (record.dtype === "fp32") requireAgreement(record.name, agreement, fp32Tolerance);
  }
}

function recordContender(context: BenchContext, record: ContenderRecord): void {
  const rate = spread(record.documentsPerSecond);
  const load = record.loadLatenciesMs;
  context.record({
    figure: "contest",
    model: context.model.name,
    dtype: record.dtype,
    contender: record.name,
    clients: load.length === 0 ? 0 : loadClients,
    documents_per_second: round3(rate.median),
    min_documents_per_second: round3(rate.min),
    max_documents_per_second: round3(rate.max),
    load_p50_ms: load.length === 0 ? null : round3(quantile(load, 0.5)),
    load_p95_ms: load.length === 0 ? null : round3(quantile(load, 0.95)),
    p50_ms: round3(median(record.soloLatenciesMs.map(median))),
    p95_ms: round3(quantile(record.soloLatenciesMs.flat(), 0.95)),
  });
}

function recordAgainstBare(
  context: BenchContext,
  records: readonly ContenderRecord[],
  wanted: ReadonlySet<string>,
): void {
  for (const bare of records.filter(({ name }) => name.startsWith("bare"))) {
    const own = records.filter(
      ({ name, dtype }) => name.startsWith("rerankd") && dtype === bare.dtype,
    );
    for (const record of own) {
      const named = {
        model: context.model.name,
        dtype: bare.dtype,
        protocol: record.name.endsWith("(gRPC)") ? "grpc" : "http",
      };
      if (wanted.has("load_vs_bare")) {
        context.record({
          figure: "load_vs_bare",
          ...named,
          ratio: round3(medianRatio(record.documentsPerSecond, bare.documentsPerSecond)),
          documents_per_second: round3(median(record.documentsPerSecond)),
          bare_documents_per_second: round3(median(bare.documentsPerSecond)),
        });
      }
      if (wanted.has("latency_vs_bare")) {
        const [p50, bareP50] = [record, bare].map((one) => one.soloLatenciesMs.map(median));
        context.record({
          figure: "latency_vs_bare",
          ...named,
          ratio: round3(medianRatio(p50 ?? [], bareP50 ?? [])),
          p50_ms: round3(median(p50 ?? [])),
          bare_p50_ms: round3(median(bareP50 ?? [])),
        });
      }
    }
  }
}

function recordRivals(
  context: BenchContext,
  records: readonly ContenderRecord[],
  wanted: ReadonlySet<string>,
): void {
  for (const [figure, { dtype, contender }] of Object.entries(rivals)) {
    const own = records.find(({ name }) => name === `rerankd ${dtype}`);
    const rival = records.find(({ name }) => name === contender);
    if (!wanted.has(figure) || own === undefined || rival === undefined) continue;
    const p50 = (record: ContenderRecord) => record.soloLatenciesMs.map(median);
    context.record({
      figure,
      model: context.model.name,
      dtype,
      ratio: round3(medianRatio(own.documentsPerSecond, rival.documentsPerSecond)),
      documents_per_second: round3(median(own.documentsPerSecond)),
      rival_documents_per_second: round3(median(rival.documentsPerSecond)),
      p50_ratio: round3(medianRatio(p50(rival), p50(own))),
      p50_ms: round3(median(p50(own))),
      rival_p50_ms: round3(median(p50(rival))),
      p95_ms: round3(quantile(own.soloLatenciesMs.flat(), 0.95)),
      rival_p95_ms: round3(quantile(rival.soloLatenciesMs.flat(), 0.95)),
      load_p95_ms: round3(quantile(own.loadLatenciesMs, 0.95)),
      rival_load_p95_ms: round3(quantile(rival.loadLatenciesMs, 0.95)),
    });
  }
}
