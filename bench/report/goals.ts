import type { FigureResult, FigureValue } from "./results.ts";

/** What a figure must show. */
interface Goal {
  readonly figure: string;
  /** What the number is. */
  readonly what: string;
  readonly value: (row: FigureResult) => number;
  /** Shown as it is; undefined: for comparison only. */
  readonly goal?: string;
  readonly reached?: (value: number) => boolean;
  /** Whether the goal speaks of this result. Default: of all. */
  readonly applies?: (row: FigureResult) => boolean;
}

const read = (field: string) => (row: FigureResult) => Number(row[field] ?? Number.NaN);
const atLeast = (least: number) => ({
  goal: `≥ ${least}`,
  reached: (value: number) => value >= least,
});
const atMost = (most: number, unit = "") => ({
  goal: `≤ ${most}${unit}`,
  reached: (value: number) => value <= most,
});
const below = (limit: number, unit: string) => ({
  goal: `< ${limit}${unit}`,
  reached: (value: number) => value < limit,
});

/** Latest that a refusal may come, in ms. */
const refusalMs = 50;
/** Within this, speed counts as full again. */
const fullSpeed = 0.95;

const list: readonly Goal[] = [
  {
    figure: "load_vs_bare",
    what: "documents/s at 8 clients ÷ the runtime alone",
    value: read("ratio"),
    ...atLeast(0.95),
  },
  {
    figure: "latency_vs_bare",
    what: "p50 of one 10-document request ÷ the runtime alone",
    value: read("ratio"),
    ...atMost(1.15),
  },
  {
    figure: "cores",
    what: "documents/s of the workers and threads that are chosen ÷ of the best",
    value: read("of_best"),
    applies: ({ auto }) => auto === true,
    ...atLeast(0.95),
  },
  {
    figure: "vs_guide_fp32",
    what: "documents/s ÷ the guide's script",
    value: read("ratio"),
    ...atLeast(1.5),
  },
  {
    figure: "vs_guide_int8",
    what: "documents/s with int8 ÷ the guide's script",
    value: read("ratio"),
    ...atLeast(4),
  },
  { figure: "vs_infinity", what: "documents/s ÷ Infinity", value: read("ratio") },
  {
    figure: "vs_sentence_transformers",
    what: "documents/s ÷ sentence-transformers",
    value: read("ratio"),
  },
  {
    figure: "vs_peers",
    what: "documents/s with 4 requests in flight ÷ the best other server's",
    value: read("load_ratio"),
    ...atLeast(2),
  },
  {
    figure: "vs_peers",
    what: "the best other server's time of 10 documents of 100 tokens ÷ this one's",
    value: read("short_ratio"),
    ...atLeast(1.2),
  },
  {
    figure: "vs_peers",
    what: "the best other server's time of 100 documents ÷ this one's",
    value: read("large_ratio"),
    ...atLeast(2),
  },
  {
    figure: "mixed",
    what: "p95 of a small request beside large ones ÷ alone",
    value: read("ratio"),
    ...atMost(3),
  },
  {
    figure: "models",
    what: "share of one of two equally loaded models, off half",
    value: read("off_half"),
    ...atMost(0.1),
  },
  {
    figure: "models",
    what: "documents/s of both together ÷ of one alone",
    value: read("of_alone"),
  },
  {
    figure: "models_small",
    what: "p95 of the bundled model beside a large one that is busy ÷ alone",
    value: read("ratio"),
    ...atMost(3),
  },
  {
    figure: "models_swap",
    what: "requests of 10,000 that failed while the model was swapped",
    value: read("failed"),
    ...atMost(0),
  },
  {
    figure: "event_loop_p99_ms",
    what: "how late the event loop is at full load, p99, ms",
    value: read("p99_ms"),
    ...below(10, " ms"),
  },
  {
    figure: "rss_mb",
    what: "memory after 10 times as many documents ÷ before",
    value: read("ratio"),
    ...atMost(1.1),
  },
  {
    figure: "offline",
    what: "documents/s of `rank --jsonl` ÷ of the engine in the caller's process",
    value: read("ratio"),
    applies: ({ contender }) => contender === "rank --jsonl",
    ...atLeast(0.95),
  },
  {
    figure: "offline_rss",
    what: "memory of `rank --jsonl` with the last lists ÷ with the first thousands",
    value: read("ratio"),
    ...atMost(1.1),
  },
  {
    figure: "offline_rss",
    what: "time of all these lists ÷ what the rate of the first thousands predicts",
    value: read("measured_to_predicted"),
    ...atMost(1.1),
  },
  {
    figure: "offline_engines",
    what: "rows/s of a core ÷ of one process",
    value: read("ratio"),
    applies: ({ contender }) => contender !== "one process",
    ...atLeast(0.9),
  },
  {
    figure: "ready_ms",
    what: "from start to ready, ms",
    value: read("ready_ms"),
    applies: ({ model }) => model === "bundled",
    ...below(1000, " ms"),
  },
  {
    figure: "ready_ms",
    what: "from start to ready, ms",
    value: read("ready_ms"),
    applies: ({ model }) => model !== "bundled",
  },
  {
    figure: "lengths",
    what: "one request of ten documents of ten words, ms",
    value: read("p50_ms"),
    applies: ({ model, point }) => model === "bundled" && point === 10,
    ...atMost(35, " ms"),
  },
  {
    figure: "lengths",
    what: "one request of ten documents of 60 words, about 100 tokens with the query, ms",
    value: read("p50_ms"),
    applies: ({ model, point }) => model === "bundled" && point === 60,
    ...atMost(130, " ms"),
  },
  {
    figure: "ready_with_page",
    what: "from start to ready with the page ÷ without it",
    value: read("ratio"),
    ...atMost(1.05),
  },
  {
    figure: "overload",
    what: "p95 of accepted requests at 4 × capacity ÷ at capacity",
    value: read("ratio"),
    ...atMost(2),
  },
  {
    figure: "overload",
    what: "slowest refusal, ms",
    value: read("refused_max_ms"),
    ...atMost(refusalMs, " ms"),
  },
  {
    figure: "overload",
    what: "requests that hung, or failed otherwise",
    value: (row) => read("hung")(row) + read("failed")(row),
    ...atMost(0),
  },
  {
    figure: "overload",
    what: "documents/s one second later ÷ before",
    value: read("recovered_ratio"),
    ...atLeast(fullSpeed),
  },
  {
    figure: "admission",
    what: "requests that an idle server refused for nothing",
    value: read("needless"),
    applies: ({ load }) => load === "idle",
    ...atMost(0),
  },
  {
    figure: "admission",
    what: "share of requests refused for nothing",
    value: (row) => read("needless")(row) / read("asked")(row),
    applies: ({ load }) => load !== "idle",
  },
  {
    figure: "causal_prefix",
    what: "CPU time of a query's pairs, each whole ÷ with their start computed once",
    value: read("ratio"),
  },
];

/** Returns the goals with what was measured for each; goals without a measurement are left out. */
export function goals(figures: readonly FigureResult[]): FigureResult[] {
  return list.flatMap(({ figure, what, value, goal, reached, applies }) =>
    figures
      .filter((row) => row.figure === figure && (applies?.(row) ?? true))
      .map((row) => ({
        figure,
        model: row.model,
        dtype: row.dtype ?? "",
        protocol: row.protocol ?? row.load ?? engineOf(row) ?? clientsOf(row),
        what,
        measured: value(row),
        goal: goal ?? "",
        reached: reached === undefined ? "" : reached(value(row)) ? "yes" : "no",
        environment: row.environment,
      })),
  );
}

/** Tells the rows of `offline_engines` apart. */
function engineOf({ figure, contender }: FigureResult): FigureValue | undefined {
  return figure === "offline_engines" ? contender : undefined;
}

/** Tells the rows of `cores` apart. */
function clientsOf({ figure, clients }: FigureResult): string {
  return figure === "cores" ? `${clients} client${clients === 1 ? "" : "s"}` : "";
}
