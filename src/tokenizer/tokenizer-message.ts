import type { PackedIds, TextExtent } from "./id-encoder.ts";
import type { PairTemplate } from "./pair-template.ts";
import type { PromptTemplate } from "./prompt.ts";
import type { ModelTokenizerFacts } from "./tokenizer-config.ts";

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
  /** Tokens kept of the start of a text; see startTokensFor(). */
  readonly maxStartTokens: number;
}

/** What the main thread sends: texts to encode, under a number that the answer carries. */
export interface EncodeMessage {
  readonly id: number;
  readonly texts: readonly string[];
  readonly extent: TextExtent;
}

/** What the main thread needs to know of a tokenizer.json. */
export interface LoadedTokenizer {
  readonly template: PairTemplate;
  readonly padId: number;
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
