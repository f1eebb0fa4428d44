import type { BenchModel } from "../bench-model.ts";
import type { ContenderContext } from "../contenders/contender.ts";
import { type CorpusOptions, makeCorpus, type RerankCase } from "../corpus/corpus.ts";
import type { Passages } from "../corpus/passages.ts";
import { createRandom } from "../random.ts";
import type { FigureResult } from "../report/results.ts";
import type { Settings } from "../settings.ts";

/** Clients at a time where a figure speaks of load. */
export const loadClients = 8;
/** Documents of the request that users send most. */
export const usualDocuments = 10;

/** What a measurement is given. */
export interface BenchContext {
  /** The repository's folder. */
  readonly root: string;
  readonly settings: Settings;
  readonly model: BenchModel;
  readonly passages: Passages;
  /**
   * Finds a further model; `base`, `minilm`, `small`, `causal` and `bundled` are known. Rejects if it cannot be had.
   */
  findModel(name: string): Promise<BenchModel>;
  /** Keeps a figure and prints it. */
  record(result: FigureResult): void;
  /** Tells the person at the terminal how far it is. */
  log(text: string): void;
}

/** Figures that are measured together. */
export interface FigureGroup {
  readonly figures: readonly string[];
  /** Whether the short form measures it, too. */
  readonly quick: boolean;
  /** Whether it measures with a model of its own, so that no other is needed. Default: false. */
  readonly bringsModel?: boolean;
  /** Measures those of its figures that are wanted. */
  run(context: BenchContext, wanted: ReadonlySet<string>): Promise<void>;
}

/** Returns what contenders are told of a model. */
export function contenderContext(
  { root, settings }: BenchContext,
  model: BenchModel,
): ContenderContext {
  return {
    root,
    threads: settings.threads,
    threadsAsked: settings.threadsAsked,
    modelFolder: model.folder,
    maxLength: model.maxLength,
  };
}

/**
 * Returns requests that follow from the seed alone, so every figure and every contender sees the
 * same.
 */
export function corpusOf(
  { settings, passages }: BenchContext,
  options: Pick<CorpusOptions, "requests" | "documentsPerRequest" | "only" | "language">,
): RerankCase[] {
  return makeCorpus({ pools: passages.pools, random: createRandom(settings.seed), ...options });
}

/** Returns the corpus of the load figures. */
export function loadCorpus(context: BenchContext): RerankCase[] {
  const { requests } = context.settings;
  return corpusOf(context, { requests, documentsPerRequest: usualDocuments });
}

/** Runs `use` with something that runs, and stops it however that ends. */
export async function withRunning<R extends { stop(): Promise<void> }, T>(
  start: () => Promise<R>,
  use: (running: R) => Promise<T>,
): Promise<T> {
  const running = await start();
  try {
    return await use(running);
  } finally {
    await running.stop();
  }
}
