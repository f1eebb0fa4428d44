import type { ScoreObserver } from "../scheduler/observation.ts";

/** How the texts of one request became tokens. */
export interface TokenizedStage {
  /** When it began, in milliseconds of the reranker's clock. */
  readonly startedMs: number;
  /** When the last text was done. */
  readonly endedMs: number;
  /** Different documents that were tokenized. */
  readonly documents: number;
  /** Different documents whose scores were known already. */
  readonly cached: number;
  /** Tokens of all pairs that the model is to read. */
  readonly tokens: number;
}

/** Hears of one request's stages, each when it ended. Must not throw. */
export interface RerankObserver extends ScoreObserver {
  /** Called once the texts are tokens; not for a request that failed before. */
  tokenized(stage: TokenizedStage): void;
}
