import { RerankError, StartupError } from "../errors.ts";
import { encodePairs, type PairTexts } from "./encode-pairs.ts";
import { isWholeNumber } from "./file/json-value.ts";
import { templateTokensOf } from "./file/pair-template.ts";
import type { ModelTokenizerFacts } from "./file/tokenizer-config.ts";
import { startTokensFor } from "./id-encoder.ts";
import { type PromptTemplate, renderDocument, renderQuery, takesInstruction } from "./prompt.ts";
import { type ResilientThreadOptions, startResilientThread } from "./thread/resilient-thread.ts";
import type { EncodeOptions, Tokenizer } from "./tokenizer.ts";
import { encodeWindows } from "./windows/encode-windows.ts";

/** Options of a tokenizer: the path of its file, and settings from the model's other files. */
export interface TokenizerOptions
  extends Pick<ResilientThreadOptions, "onState" | "restart" | "clock"> {
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
  /** Words, each one token, whose ids are wanted. Default: none. */
  readonly words?: readonly string[] | undefined;
  /** Longest pair in tokens that will be asked for. Default: 65,535. */
  readonly maxLength?: number | undefined;
  /** The module that the tokenizer thread runs, for tests. Default: the one of this package. */
  readonly threadEntry?: URL;
}

/** A Tokenizer that has a thread to end. */
export interface HfTokenizer extends Tokenizer {
  /** Notes for the operator about the model's files, one sentence each. */
  readonly notes: readonly string[];
  /** The ids of the words that were asked for, in order. */
  readonly wordIds: readonly number[];
  /**
   * Answers the texts under way, then ends the thread; other calls reject with RerankError
   * `unavailable`.
   */
  close(): Promise<void>;
}

/** Default for the longest pair, in tokens. */
const defaultMaxLength = 65_535;

/** Fewest tokens of query and document together: one of each. */
const minTextTokens = 2;

/**
 * Loads a tokenizer.json of the Hugging Face `tokenizers` library, in a thread of its own.
 *
 * Pairs get the ids that Python's fast tokenizers give them, also where a text spells out a special
 * token. Settings for truncation and padding in the file are ignored, but for the padding id. Both
 * ways to encode reject with RerankError `invalid_argument` if `maxLength` is less than the special
 * tokens of a pair or more than the tokenizer was made for, with `internal` if the library fails,
 * and with `unavailable` if the thread dies, which is then restarted, and until that succeeds.
 *
 * Rejects with StartupError if the file is missing, broken, or lays out a pair in a way that is not
 * understood, or if pairs of `maxLength` have no space for a text beside its special tokens.
 */
export async function createTokenizer(options: TokenizerOptions): Promise<HfTokenizer> {
  const entry = options.threadEntry ?? new URL("./thread/tokenizer-worker.js", import.meta.url);
  const { path, padTokenId, model = {}, prompt, padTokenIdWins = false, words = [] } = options;
  const { maxLength = defaultMaxLength, onState, restart, clock } = options;
  const maxStartTokens = startTokensFor(maxLength);
  const data = { path, padTokenId, padTokenIdWins, model, prompt, words, maxStartTokens };
  const thread = await startResilientThread({ entry, data, onState, restart, clock });
  const { encodeTexts } = thread;
  const { template, padId, wordIds, truncationSide, notes } = thread.loaded;
  const templateTokens = templateTokensOf(template);
  const least = template.specialTokenCount + (template.documentHead?.length ?? 0);
  if (maxLength < templateTokens + minTextTokens) {
    await thread.close();
    const what = prompt === undefined ? "special tokens" : "tokens of its template";
    const problem = `must be at least ${templateTokens + minTextTokens}: a pair of this model has ${templateTokens} ${what}`;
    throw new StartupError(`--max-length ${problem}, got: \`${maxLength}\``);
  }

  let closed = false;
  const underWay = new Set<Promise<unknown>>();

  /** Runs a call of one or more messages to the thread, all of which are answered before it closes. */
  async function track<Result>(call: () => Promise<Result>): Promise<Result> {
    if (closed) throw new RerankError("unavailable", "the tokenizer is closed");
    const result = call();
    underWay.add(result);
    try {
      return await result;
    } finally {
      underWay.delete(result);
    }
  }

  function checkMaxLength({ maxLength: asked }: EncodeOptions): void {
    if (isWholeNumber(asked) && asked >= least && asked <= maxLength) return;
    throw new RerankError(
      "invalid_argument",
      `\`max_length\` must be a whole number of ${least} to ${maxLength}, got: \`${asked}\``,
      { field: "max_length" },
    );
  }

  function inWords(texts: PairTexts, { instruction }: EncodeOptions): PairTexts {
    if (prompt === undefined) return texts;
    return {
      query: renderQuery(prompt, texts.query, instruction),
      documents: texts.documents.map((document) => renderDocument(prompt, document)),
    };
  }

  /** Returns the options for texts in words: which side is cut, and a query limit that takes them in. */
  async function forWords<Options extends EncodeOptions>(asked: Options): Promise<Options> {
    const { truncationDirection = truncationSide, maxQueryTokens } = asked;
    const options = { ...asked, truncationDirection };
    if (prompt === undefined || maxQueryTokens === undefined) return options;
    return { ...options, maxQueryTokens: maxQueryTokens + (await queryWordTokens(asked)) };
  }

  async function queryWordTokens({ instruction, signal }: EncodeOptions): Promise<number> {
    if (prompt === undefined || instruction === undefined) return template.queryWordTokens ?? 0;
    const { ids } = await encodeTexts([renderQuery(prompt, "", instruction)], signal, "whole");
    return ids.length;
  }

  return {
    padId,
    notes,
    wordIds,
    templateTokens,
    takesInstruction: prompt !== undefined && takesInstruction(prompt),

    encodePairs: (query, documents, encodeOptions) =>
      track(async () => {
        checkMaxLength(encodeOptions);
        const texts = inWords({ query, documents }, encodeOptions);
        return encodePairs(encodeTexts, template, texts, await forWords(encodeOptions));
      }),

    encodeWindows: (query, documents, windowOptions) =>
      track(async () => {
        checkMaxLength(windowOptions);
        const texts = inWords({ query, documents }, windowOptions);
        return encodeWindows(encodeTexts, template, texts, await forWords(windowOptions));
      }),

    async close() {
      closed = true;
      await Promise.allSettled(underWay);
      await thread.close();
    },
  };
}
