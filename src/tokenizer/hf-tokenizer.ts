import { RerankError } from "../errors.ts";
import type { EncodeTexts } from "./encode-documents.ts";
import { encodePairs, type PairTexts } from "./encode-pairs.ts";
import { encodeWindows } from "./encode-windows.ts";
import { leastTextTokens } from "./id-encoder.ts";
import { isWholeNumber } from "./json-value.ts";
import type { PairTemplate } from "./pair-template.ts";
import { type PromptTemplate, renderDocument, renderQuery, takesInstruction } from "./prompt.ts";
import type { EncodeOptions, Tokenizer } from "./tokenizer.ts";
import type { ModelTokenizerFacts } from "./tokenizer-config.ts";
import { startTokenizerThread } from "./tokenizer-thread.ts";

/** Where a tokenizer comes from. */
export interface TokenizerOptions {
  /** Path of the tokenizer.json. */
  readonly path: string;
  /**
   * The padding id to use if tokenizer.json states none: `pad_token_id` of the model's config.json.
   * Default: the id of `<pad>` or `[PAD]` in the vocabulary.
   */
  readonly padTokenId?: number | undefined;
  /** What config.json says of the tokenizer. Default: nothing. */
  readonly model?: ModelTokenizerFacts | undefined;
  /** What stands around the texts. Default: nothing but the special tokens of tokenizer.json. */
  readonly prompt?: PromptTemplate | undefined;
  /**
   * Whether `padTokenId` counts before what tokenizer.json states: for graphs that look for the last
   * token that is not padding. Default: false.
   */
  readonly padTokenIdWins?: boolean | undefined;
  /** The longest pair that will be asked for, in tokens. Default: 65,535. */
  readonly maxLength?: number | undefined;
  /** The module that the tokenizer thread runs, for tests. Default: the one of this package. */
  readonly threadEntry?: URL;
}

/** A Tokenizer that has a thread to end. */
export interface HfTokenizer extends Tokenizer {
  /** What the operator should know of the model's files, one sentence each. */
  readonly notes: readonly string[];
  /**
   * Answers the texts under way, then ends the thread; other calls reject with RerankError
   * `unavailable`.
   */
  close(): Promise<void>;
}

/**
 * Loads a tokenizer.json of the Hugging Face `tokenizers` library, in a thread of its own.
 *
 * Pairs get the ids that Python's fast tokenizers give them, also where a text spells out a special
 * token. Settings for truncation and padding in the file are ignored, but for the padding id.
 * Both ways to encode reject with RerankError `invalid_argument` if `maxLength` is less than the
 * special tokens of a pair or more than was told at first, with `internal` if the library fails, and with
 * `unavailable` if the thread dies, which the next call starts anew.
 *
 * Rejects with StartupError if the file is missing, broken, or lays out a pair in a way that is not
 * understood.
 */
export async function createTokenizer(options: TokenizerOptions): Promise<HfTokenizer> {
  const entry = options.threadEntry ?? new URL("./tokenizer-worker.js", import.meta.url);
  const { path, padTokenId, model = {}, maxLength: longest = leastTextTokens - 1 } = options;
  const maxTextTokens = Math.max(leastTextTokens, longest + 1);
  const { prompt, padTokenIdWins = false } = options;
  const data = { path, padTokenId, padTokenIdWins, model, prompt, maxTextTokens };
  let closed = false;
  let thread = startTokenizerThread(entry, data);
  const { template, padId, truncationSide, notes } = await thread.loaded;

  function inWords(texts: PairTexts, { instruction }: EncodeOptions): PairTexts {
    if (prompt === undefined) return texts;
    return {
      query: renderQuery(prompt, texts.query, instruction),
      documents: texts.documents.map((document) => renderDocument(prompt, document)),
    };
  }

  function withSide<Options extends EncodeOptions>(options: Options): Options {
    return { ...options, truncationDirection: options.truncationDirection ?? truncationSide };
  }

  function encoderFor({ maxLength }: EncodeOptions): EncodeTexts {
    checkMaxLength(maxLength, template, maxTextTokens);
    if (!closed && !thread.isAlive()) thread = startTokenizerThread(entry, data);
    return thread.encodeTexts;
  }

  return {
    padId,
    notes,
    takesInstruction: prompt !== undefined && takesInstruction(prompt),

    async encodePairs(query, documents, encodeOptions) {
      const encodeTexts = encoderFor(encodeOptions);
      const texts = inWords({ query, documents }, encodeOptions);
      return encodePairs(encodeTexts, template, texts, withSide(encodeOptions));
    },

    async encodeWindows(query, documents, windowOptions) {
      const encodeTexts = encoderFor(windowOptions);
      const texts = inWords({ query, documents }, windowOptions);
      return encodeWindows(encodeTexts, template, texts, withSide(windowOptions));
    },

    async close() {
      closed = true;
      await thread.close();
    },
  };
}

function checkMaxLength(maxLength: number, template: PairTemplate, maxTextTokens: number): void {
  const least = template.specialTokenCount;
  if (isWholeNumber(maxLength) && maxLength >= least && maxLength < maxTextTokens) return;
  throw new RerankError(
    "invalid_argument",
    `\`max_length\` must be a whole number of ${least} to ${maxTextTokens - 1}, got: \`${maxLength}\``,
    { field: "max_length" },
  );
}
