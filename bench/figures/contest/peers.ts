import { shorten } from "../../../src/characters.ts";
import { UsageError } from "../../../src/config/options/parse-options.ts";
import { openModel } from "../../../src/models/open-model.ts";
import { createTokenizer } from "../../../src/tokenizer/hf-tokenizer.ts";
import { type BareOptions, createBare } from "../../contenders/bare.ts";
import type { ContenderContext } from "../../contenders/contender.ts";
import { createInfinity, createInfinityOnnx } from "../../contenders/peers/infinity.ts";
import { createLlamaCpp } from "../../contenders/peers/llama-cpp.ts";
import { createOpenVino } from "../../contenders/peers/openvino.ts";
import { createTei } from "../../contenders/peers/tei.ts";
import { createRerankd } from "../../contenders/rerankd.ts";
import type { RerankCase } from "../../corpus/corpus.ts";
import { fitCorpus } from "../../corpus/fit-corpus.ts";
import { comparedDtypes, type Settings } from "../../settings.ts";
import { medianRatio, round3, spread } from "../../statistics.ts";
import {
  type BenchContext,
  contenderContext,
  corpusOf,
  type FigureGroup,
  loadCorpus,
  usualDocuments,
} from "../figure.ts";
import { type Agreement, compareScores, requireAgreement } from "./agreement.ts";
import { scoreAll } from "./contest-rounds.ts";
import {
  type LeftOut,
  type Peer,
  type PeerCorpora,
  type PeerRecord,
  peerClients,
  runPeerRounds,
} from "./peers-rounds.ts";

/** Tokens of a pair of the short requests. */
const shortTokens = 100;
/**
 * Tokens that a pair stays below the limit by: another tokenizer may find a few more in a text, and a server
 * that does not cut refuses it then.
 */
const spareTokens = 8;
/** Documents of the large request. */
const largeDocuments = 100;

/** Contenders that compute fp32 as PyTorch does: a score that differs fails the run. */
const exact: readonly string[] = ["rerankd fp32", "infinity"];

/** This server beside those that one would use instead, on the same weights and documents. */
export const peers: FigureGroup = {
  figures: ["peers"],
  quick: false,
  async run(context) {
    const { model, settings, log } = context;
    const given = contenderContext(context, model);
    const corpora = await makeCorpora(context);
    const known = comparedDtypes.filter((one) => model.dtypes.includes(one));
    const asked = known.filter(
      (one) => settings.dtypes.length === 0 || settings.dtypes.includes(one),
    );
    if (asked.length === 0) {
      const got = settings.dtypes.join(", ");
      throw new UsageError([
        `--dtype must be one of ${known.join(", ")} for this model, got: ${got}`,
      ]);
    }
    let fp32Scores: PeerRecord["scores"] | undefined;
    if (!asked.includes("fp32") && known.includes("fp32")) {
      fp32Scores = await scoreAlone({ ...given, dtype: "fp32" }, corpora.load);
    }
    for (const dtype of asked) {
      const { wanted, unwanted } = choosePeers(given, dtype, settings.without);
      const { rounds, seed } = settings;
      const options = { rounds, seed, check: requireExactScores, log };
      const { records, leftOut } = await runPeerRounds(wanted, corpora, options);
      const bare = records.find(({ name }) => name === `bare ${dtype}`);
      if (dtype === "fp32") fp32Scores = bare?.scores;
      for (const record of records) {
        recordPeer(context, record, { bare: bare?.scores ?? [], fp32: fp32Scores });
      }
      for (const one of [...unwanted, ...leftOut]) recordLeftOut(context, one);
      const own = records.find(({ name }) => name === `rerankd ${dtype}`);
      const servers = records.filter(({ kind }) => kind === "server");
      const best = own && compareWithBest(own, servers);
      if (best) context.record({ figure: "vs_peers", model: model.name, dtype, ...best });
    }
  },
};

/** Scores the corpus with the runtime alone, which serves nothing afterwards. */
async function scoreAlone(
  options: BareOptions,
  requests: readonly RerankCase[],
): Promise<PeerRecord["scores"]> {
  const bare = await createBare(options).start();
  try {
    return await scoreAll(bare, requests);
  } finally {
    await bare.stop();
  }
}

async function makeCorpora(context: BenchContext): Promise<PeerCorpora> {
  const { folder, autoDtype, maxLength } = context.model;
  const choice = { dtype: autoDtype, device: "cpu" } as const;
  const { tokenizerPath, config } = await openModel({
    name: "bench",
    directory: folder,
    ...choice,
  });
  const tokenizer = await createTokenizer({ path: tokenizerPath, padTokenId: config.padTokenId });
  const short = corpusOf(context, {
    requests: context.settings.probes,
    documentsPerRequest: usualDocuments,
    only: "limit",
  });
  const large = corpusOf(context, { requests: 1, documentsPerRequest: largeDocuments });
  const most = maxLength - spareTokens;
  const [fittedLarge] = await fitCorpus(large, tokenizer, most);
  if (fittedLarge === undefined) throw new Error("the corpus is empty");
  return {
    load: await fitCorpus(loadCorpus(context), tokenizer, most),
    short: await fitCorpus(short, tokenizer, shortTokens),
    large: fittedLarge,
  };
}

/** Contenders by the name that `--without` takes. */
function choosePeers(
  given: ContenderContext,
  dtype: (typeof comparedDtypes)[number],
  without: Settings["without"],
): { readonly wanted: readonly Peer[]; readonly unwanted: readonly LeftOut[] } {
  const own = [createBare({ ...given, dtype }), createRerankd({ ...given, dtype })];
  const foreign = [
    {
      option: "tei",
      kind: "server",
      contender: createTei({ ...given, backend: "onnxruntime", dtype }),
    },
    ...(dtype === "fp32"
      ? ([
          {
            option: "tei",
            kind: "server",
            contender: createTei({ ...given, backend: "candle", dtype }),
          },
          { option: "infinity", kind: "server", contender: createInfinity(given) },
        ] as const)
      : []),
    { option: "infinity", kind: "server", contender: createInfinityOnnx(given, dtype) },
    { option: "llama.cpp", kind: "server", contender: createLlamaCpp(given, dtype) },
    { option: "openvino", kind: "runtime", contender: createOpenVino(given, dtype) },
  ] as const;
  const reason = "it was not wanted (--without)";
  return {
    wanted: [
      ...own.map((contender): Peer => ({ contender, kind: "own" })),
      ...foreign.filter(({ option }) => !without.includes(option)),
    ],
    unwanted: foreign
      .filter(({ option }) => without.includes(option))
      .map(({ contender: { name, dtype: weights } }) => ({ name, dtype: weights, reason })),
  };
}

/** Throws if a contender that computes fp32 exactly has other scores than the runtime alone. */
export function requireExactScores(records: readonly PeerRecord[]): void {
  const bare = records.find(({ name }) => name === "bare fp32");
  for (const { name, scores } of records) {
    if (bare && exact.includes(name)) requireAgreement(name, compareScores(bare.scores, scores));
  }
}

/** Scores to compare with. */
interface References {
  /** Those of the runtime alone on the same weights. */
  readonly bare: PeerRecord["scores"];
  /** Those of the runtime alone on fp32 weights, where they were measured. */
  readonly fp32: PeerRecord["scores"] | undefined;
}

function recordPeer(context: BenchContext, record: PeerRecord, references: References): void {
  const { name, dtype } = record;
  const agreement = compareScores(references.bare, record.scores);
  const ofFp32 = references.fp32 && compareScores(references.fp32, record.scores);
  context.record({
    figure: "peers",
    model: context.model.name,
    dtype,
    contender: name,
    clients: peerClients,
    ...describeRecord(record),
    ...describeAgreement(agreement, ofFp32),
    left_out: null,
  });
}

function describeRecord({ documentsPerSecond, shortMs, largeSeconds }: PeerRecord) {
  const named = {
    documents_per_second: documentsPerSecond,
    short_ms: shortMs,
    large_s: largeSeconds,
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([field, samples]) => {
      const { median, min, max } = spread(samples);
      return [
        [field, round3(median)],
        [`min_${field}`, round3(min)],
        [`max_${field}`, round3(max)],
      ] as const;
    }),
  );
}

function describeAgreement(agreement: Agreement, ofFp32: Agreement | undefined) {
  return {
    documents_compared: agreement.documents,
    max_difference: agreement.maxDifference,
    mean_difference: agreement.meanDifference,
    order_kept: round3(agreement.orderKept),
    max_difference_of_fp32: ofFp32?.maxDifference ?? null,
  };
}

function recordLeftOut(context: BenchContext, { name, dtype, reason }: LeftOut): void {
  context.record({
    figure: "peers",
    model: context.model.name,
    dtype,
    contender: name,
    clients: peerClients,
    left_out: shortReason(reason, context.root),
  });
}

/** Longest reason in a report, in characters. */
const maxReason = 300;

/**
 * Returns a reason on one line, without the folder that this clone lies in: the first line, and of a log
 * that follows the last one that tells of an error.
 */
export function shortReason(reason: string, root: string): string {
  const [first = "", ...log] = reason.replaceAll(`${root}/`, "").split("\n");
  const error = log.findLast((line) => /error/i.test(line));
  const both = error === undefined ? first : `${first}: ${error.trim()}`;
  return shorten(both, maxReason);
}

/** How this server compares with the best other one, in each of the three measures. */
export interface BestPeers {
  /** Documents/s at load ÷ the best other server's. */
  readonly load_ratio: number;
  readonly best_at_load: string;
  /** The best other server's time of a short request ÷ this one's. */
  readonly short_ratio: number;
  readonly best_at_short: string;
  /** The best other server's time of the large request ÷ this one's. */
  readonly large_ratio: number;
  readonly best_at_large: string;
}

/**
 * Compares within each round; the best server is the one that the median ratio is smallest with.
 * Returns undefined if there is none.
 */
export function compareWithBest(
  own: PeerRecord,
  servers: readonly PeerRecord[],
): BestPeers | undefined {
  const best = (ratioOf: (server: PeerRecord) => number) =>
    servers
      .map((server) => ({ name: server.name, ratio: round3(ratioOf(server)) }))
      .toSorted((one, other) => one.ratio - other.ratio)[0];
  const load = best((one) => medianRatio(own.documentsPerSecond, one.documentsPerSecond));
  const short = best((one) => medianRatio(one.shortMs, own.shortMs));
  const large = best((one) => medianRatio(one.largeSeconds, own.largeSeconds));
  if (load === undefined || short === undefined || large === undefined) return undefined;
  return {
    load_ratio: load.ratio,
    best_at_load: load.name,
    short_ratio: short.ratio,
    best_at_short: short.name,
    large_ratio: large.ratio,
    best_at_large: large.name,
  };
}
