import type { PairTemplate } from "../file/pair-template.ts";
import type { ModelTokenizerFacts } from "../file/tokenizer-config.ts";
import type { PromptTemplate } from "../prompt.ts";
import type { WindowPlan } from "../windows/window-plan.ts";

/**
 * How much of each text to return: `start`, all tokens that a pair cut at its right end can need;
 * `whole`, every token; or every token and the spans of the windows that a plan makes.
 */
export type TextExtent = "start" | "whole" | WindowPlan;

/** Token ids of several texts, one after the other. */
export interface PackedIds {
  readonly ids: Int32Array<ArrayBuffer>;
  /** Tokens of each text, in order. */
  readonly lengths: Int32Array<ArrayBuffer>;
  /**
   * Where the windows of each text, in order, start and end: pairs of positions in Unicode code
   * points. Only where the extent was a plan.
   */
  readonly spans?: Int32Array<ArrayBuffer>;
}

/** What the tokenizer thread is started with. */
export interface TokenizerThreadData {
  /** Path of the tokenizer.json. */
  readonly path: string;
  /** The padding id to use if tokenizer.json states none. */
  readonly padTokenId: number | undefined;
  /** What config.json says of the tokenizer. */
  readonly model: ModelTokenizerFacts;
  /** What stands around the texts; undefined: nothing but the special tokens. */
  readonly prompt: PromptTemplate | undefined;
  /** Whether `padTokenId` counts before what tokenizer.json states. */
  readonly padTokenIdWins: boolean;
  /** Words whose ids the main thread needs. Default: none. */
  readonly words?: readonly string[];
  /** Tokens kept of the start of a text; see startTokensFor(). */
  readonly maxStartTokens: number;
}

/** What the main thread sends: texts to encode, under a number that the answer carries. */
export interface EncodeMessage {
  readonly id: number;
  readonly texts: readonly string[];
  readonly extent: TextExtent;
}

/** The parts of a tokenizer.json that the main thread uses. */
export interface LoadedTokenizer {
  readonly template: PairTemplate;
  readonly padId: number;
  /** The ids of the words that were asked for, in order. */
  readonly wordIds: readonly number[];
  /** The end at which texts lose tokens unless a request says otherwise. */
  readonly truncationSide: "left" | "right";
  /** What the operator should know, one sentence each. */
  readonly notes: readonly string[];
}

/** What the tokenizer thread sends: first `ready` or `unusable`, then an answer to each message. */
export type TokenizerMessage =
  | { readonly kind: "ready"; readonly loaded: LoadedTokenizer }
  | { readonly kind: "unusable"; readonly message: string; readonly hint: string | undefined }
  | { readonly kind: "encoded"; readonly id: number; readonly packed: PackedIds }
  | { readonly kind: "failed"; readonly id: number; readonly cause: unknown };
