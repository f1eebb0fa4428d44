import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { UsageError } from "../src/config/options/parse-options.ts";

/** How much to measure. */
export interface Settings {
  /** The short form: two figures of each kind, on a small model. */
  readonly quick: boolean;
  /** Figures to measure, by name; empty: all of the form. */
  readonly figures: readonly string[];
  /** The model to measure with; undefined: by form. */
  readonly model: string | undefined;
  readonly rounds: number;
  readonly threads: number;
  /** Whether they were asked for. */
  readonly threadsAsked: boolean;
  readonly seed: number;
  /** Ten-document requests in the corpus. */
  readonly requests: number;
  /**
   * How long one round of load should take the bare runtime, in ms: the corpus is repeated to reach
   * it.
   */
  readonly roundMs: number;
  /**
   * Ten-document requests of one client in a round; `mixed`, which is about their p95, sends twice
   * as many.
   */
  readonly probes: number;
  /** Documents of the request that shares the server with small ones. */
  readonly largeDocuments: number;
  /** Clients that send large requests all the time. */
  readonly largeClients: number;
  readonly overloadMs: number;
  /** How long one point of the scaling curves is measured. */
  readonly pointMs: number;
  /** After how many documents memory is read, ascending. */
  readonly soakDocuments: readonly [number, number];
  /** Contenders to leave out, by name. */
  readonly without: readonly (typeof contenderNames)[number][];
  /** Weights that `peers` compares: `fp32`, `int8`; empty: both. */
  readonly dtypes: readonly (typeof comparedDtypes)[number][];
  /**
   * Only write tables and plots from the published results, with `figures` of `model` taken from the
   * last results first.
   */
  readonly reportOnly: boolean;
}

/** Contenders that `--without` leaves out. */
const contenderNames = [
  "guide",
  "infinity",
  "sentence-transformers",
  "tei",
  "llama.cpp",
  "openvino",
] as const;

/** Weights that `peers` compares, one after the other, so that not all of them are in memory at a time. */
export const comparedDtypes = ["fp32", "int8"] as const;

/** Text of `--help`. */
export const usage = `Usage: npm run bench -- [options]

  --quick              load_vs_bare, latency_vs_bare, mixed, event_loop_p99_ms and admission on the bundled model, in about four minutes
  --figure NAME        measure this figure only (repeatable)
  --model NAME         base, minilm, small, bundled, or a folder (default: base; with --quick: bundled, else small);
                       causal_prefix has a model of its own
  --rounds N           interleaved rounds, whose median counts (default 5)
  --threads N          threads of inference for every contender (default: one for each core, which
                       rerankd divides by itself, and \`bare\` in the fastest way)
  --without NAME       leave a contender out: guide, infinity, sentence-transformers; in \`peers\` tei, infinity, llama.cpp,
                       openvino (repeatable)
  --dtype NAME         compare these weights only in \`peers\`: fp32, int8 (repeatable)
  --requests N         ten-document requests in the corpus (default 16; with --quick 8)
  --round-ms MS        how long a round of load takes the bare runtime (default 6000; with --quick 500)
  --probes N           requests of one client in a round, and twice as many in \`mixed\` (default 10; with --quick 3)
  --large N            documents of the large requests in \`mixed\` (default 1000)
  --large-clients N    clients that send them all the time (default 2)
  --overload-ms MS     how long to overload (default 60000)
  --point-ms MS        how long to measure a point of \`scaling\` and \`cores\` (default 8000)
  --soak N,N           documents after which memory is read (default 10000,100000)
  --seed N             seed of corpus, arrivals and made models (default 7998)
  --report             measure nothing; write the tables of bench/README.md and other pages, and the plots, from
                       bench/results.json; with --figure NAME (and --model NAME) first take these figures into it from
                       the last results, .cache/bench/results.json
`;

/** Default seed of everything that is random. */
const defaultSeed = 7998;

/**
 * Returns the settings that a command line asks for. Throws an error that names the option at
 * fault.
 */
export function parseSettings(argv: readonly string[]): Settings | "help" {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: "boolean", short: "h" },
      quick: { type: "boolean" },
      report: { type: "boolean" },
      figure: { type: "string", multiple: true },
      without: { type: "string", multiple: true },
      dtype: { type: "string", multiple: true },
      model: { type: "string" },
      rounds: { type: "string" },
      threads: { type: "string" },
      requests: { type: "string" },
      "round-ms": { type: "string" },
      probes: { type: "string" },
      large: { type: "string" },
      "large-clients": { type: "string" },
      "overload-ms": { type: "string" },
      "point-ms": { type: "string" },
      soak: { type: "string" },
      seed: { type: "string" },
    },
  });
  if (values.help) return "help";
  const quick = values.quick ?? false;
  const count = (name: keyof typeof values, byDefault: number) =>
    parseCount(name, values[name] as string | undefined, byDefault);
  const [soakFrom = "", soakTo = ""] = (values.soak ?? "10000,100000").split(",");
  return {
    quick,
    figures: values.figure ?? [],
    without: checkNames("without", values.without ?? [], contenderNames),
    dtypes: checkNames("dtype", values.dtype ?? [], comparedDtypes),
    model: values.model,
    rounds: count("rounds", 5),
    threads: count("threads", availableParallelism()),
    threadsAsked: values.threads !== undefined,
    seed: count("seed", defaultSeed),
    requests: count("requests", quick ? 8 : 16),
    roundMs: count("round-ms", quick ? 500 : 6000),
    probes: count("probes", quick ? 3 : 10),
    largeDocuments: count("large", 1000),
    largeClients: count("large-clients", 2),
    overloadMs: count("overload-ms", 60_000),
    pointMs: count("point-ms", 8000),
    soakDocuments: [parseCount("soak", soakFrom, 0), parseCount("soak", soakTo, 0)],
    reportOnly: values.report ?? false,
  };
}

function parseCount(name: string, text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UsageError([`--${name} must be a whole number of 1 or more, got: \`${text}\``]);
}

/** Returns the names that an option was given. Throws a UsageError for one that is not `known`. */
export function checkNames<T extends string>(
  option: string,
  names: readonly string[],
  known: readonly T[],
): T[] {
  return names.map((name) => {
    const found = known.find((one) => one === name);
    if (found !== undefined) return found;
    throw new UsageError([`--${option} must be one of ${known.join(", ")}, got: \`${name}\``]);
  });
}
