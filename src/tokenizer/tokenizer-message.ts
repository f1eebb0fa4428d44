import type { PackedIds, TextExtent } from "./id-encoder.ts";
import type { PairTemplate } from "./pair-template.ts";

/** What the tokenizer thread is started with. */
export interface TokenizerThreadData {
  /** Path of the tokenizer.json. */
  readonly path: string;
  /** The padding id to use if tokenizer.json states none. */
  readonly padTokenId: number | undefined;
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
}

/** What the tokenizer thread sends: first `ready` or `unusable`, then an answer to each message. */
export type TokenizerMessage =
  | { readonly kind: "ready"; readonly loaded: LoadedTokenizer }
  | { readonly kind: "unusable"; readonly message: string; readonly hint: string | undefined }
  | { readonly kind: "encoded"; readonly id: number; readonly packed: PackedIds }
  | { readonly kind: "failed"; readonly id: number; readonly cause: unknown };
