import { RerankError, StartupError } from "../errors.ts";
import { encodePairs } from "./encode-pairs.ts";
import { encodeWindows } from "./encode-windows.ts";
import { startTokensFor } from "./id-encoder.ts";
import { isWholeNumber } from "./json-value.ts";
import { type ResilientThreadOptions, startResilientThread } from "./resilient-thread.ts";
import type { EncodeOptions, Tokenizer } from "./tokenizer.ts";

/** Where a tokenizer comes from. */
export interface TokenizerOptions
  extends Pick<ResilientThreadOptions, "onState" | "restart" | "clock"> {
  /** Path of the tokenizer.json. */
  readonly path: string;
  /**
   * The padding id to use if tokenizer.json states none: `pad_token_id` of the model's config.json.
   * Default: the id of `<pad>` or `[PAD]` in the vocabulary.
   */
  readonly padTokenId?: number | undefined;
  /** Longest pair in tokens that will be asked for. Default: 65,535. */
  readonly maxLength?: number | undefined;
  /** The module that the tokenizer thread runs, for tests. Default: the one of this package. */
  readonly threadEntry?: URL;
}

/** A Tokenizer that has a thread to end. */
export interface HfTokenizer extends Tokenizer {
  /**
   * Answers the texts under way, then ends the thread; other calls reject with RerankError
   * `unavailable`.
   */
  close(): Promise<void>;
}

/** Longest pair in tokens where none is told. */
const defaultMaxLength = 65_535;

/** Fewest tokens of query and document together: one of each. */
const minTextTokens = 2;

/**
 * Loads a tokenizer.json of the Hugging Face `tokenizers` library, in a thread of its own.
 *
 * Pairs get the ids that Python's fast tokenizers give them, also where a text spells out a special
 * token. Settings for truncation and padding in the file are ignored, but for the padding id.
 * Both ways to encode reject with RerankError `invalid_argument` if `maxLength` is less than the
 * special tokens of a pair or more than the tokenizer was made for, with `internal` if the library fails, and with
 * `unavailable` if the thread dies, which is then started anew, and until it can be.
 *
 * Rejects with StartupError if the file is missing, broken, or lays out a pair in a way that is not
 * understood, or if pairs of `maxLength` have no room for a text beside its special tokens.
 */
export async function createTokenizer(options: TokenizerOptions): Promise<HfTokenizer> {
  const entry = options.threadEntry ?? new URL("./tokenizer-worker.js", import.meta.url);
  const { path, padTokenId, maxLength = defaultMaxLength } = options;
  const data = { path, padTokenId, maxStartTokens: startTokensFor(maxLength) };
  const { onState, restart, clock } = options;
  const thread = await startResilientThread({ entry, data, onState, restart, clock });
  const { encodeTexts } = thread;
  const { template, padId } = thread.loaded;
  const least = template.specialTokenCount;
  if (maxLength < least + minTextTokens) {
    await thread.close();
    const problem = `must be at least ${least + minTextTokens}: a pair of this model has ${least} special tokens`;
    throw new StartupError(`--max-length ${problem}, got: \`${maxLength}\``);
  }

  function checkMaxLength({ maxLength: asked }: EncodeOptions): void {
    if (isWholeNumber(asked) && asked >= least && asked <= maxLength) return;
    throw new RerankError(
      "invalid_argument",
      `\`max_length\` must be a whole number of ${least} to ${maxLength}, got: \`${asked}\``,
      { field: "max_length" },
    );
  }

  return {
    padId,

    async encodePairs(query, documents, encodeOptions) {
      checkMaxLength(encodeOptions);
      return encodePairs(encodeTexts, template, { query, documents }, encodeOptions);
    },

    async encodeWindows(query, documents, windowOptions) {
      checkMaxLength(windowOptions);
      return encodeWindows(encodeTexts, template, { query, documents }, windowOptions);
    },

    close: () => thread.close(),
  };
}
