import type { RerankObserver, TokenizedStage } from "../reranker/rerank-request.ts";
import type { ScoredStage } from "../scheduler/observation.ts";
import type { SpanAttributes } from "./span-attributes.ts";

/** A stage of a ranking that has ended; times are milliseconds of `performance.now`. */
export interface Stage {
  readonly name: "tokenize" | "queue" | "infer";
  readonly startedMs: number;
  readonly endedMs: number;
  readonly attributes: SpanAttributes;
}

/** Collects the stages of one call from the observers of its rankings. */
export interface StageLog {
  readonly stages: readonly Stage[];
  /** Stages of rankings that were not kept. */
  readonly dropped: number;
  /** Returns the observer of the call's next ranking. */
  rankingStarted(): RerankObserver;
}

/** Most stages that are kept of one call: a stream may live for days. */
const maxStages = 192;

/** Returns an empty log. */
export function createStageLog(): StageLog {
  const stages: Stage[] = [];
  let dropped = 0;
  let rankings = 0;
  const keep = (stage: Stage): void => {
    if (stages.length < maxStages) stages.push(stage);
    else dropped += 1;
  };
  return {
    stages,
    get dropped() {
      return dropped;
    },
    rankingStarted() {
      const ranking = { "rerankd.ranking": rankings };
      rankings += 1;
      return {
        tokenized: (stage) => keep(tokenizeStage(stage, ranking)),
        scored(stage) {
          keep(queueStage(stage, ranking));
          if (stage.beganMs !== undefined) keep(inferStage(stage, stage.beganMs, ranking));
        },
      };
    },
  };
}

function tokenizeStage(stage: TokenizedStage, ranking: SpanAttributes): Stage {
  const { startedMs, endedMs, documents, cached, tokens } = stage;
  const attributes = {
    ...ranking,
    "rerankd.documents": documents,
    "rerankd.cached_documents": cached,
    "rerankd.tokens": tokens,
  };
  return { name: "tokenize", startedMs, endedMs, attributes };
}

function queueStage(stage: ScoredStage, ranking: SpanAttributes): Stage {
  const { enqueuedMs, beganMs, endedMs, pairs, tokens } = stage;
  // A batch that was handed over before the one ahead of it ended began when that did.
  const leftMs = Math.max(enqueuedMs, beganMs ?? endedMs);
  const attributes = { ...ranking, "rerankd.pairs": pairs, "rerankd.tokens": tokens };
  return { name: "queue", startedMs: enqueuedMs, endedMs: leftMs, attributes };
}

function inferStage(stage: ScoredStage, beganMs: number, ranking: SpanAttributes): Stage {
  const { enqueuedMs, endedMs, pairs, tokens, batches } = stage;
  const attributes = {
    ...ranking,
    "rerankd.pairs": pairs,
    "rerankd.tokens": tokens,
    "rerankd.batches": batches,
  };
  return { name: "infer", startedMs: Math.max(enqueuedMs, beganMs), endedMs, attributes };
}
